package conformance_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

// The whole conformance test of a backend that works in one process. It is
// named TestConformance and stands beside the backend.
func ExampleRun() {
	_ = func(t *testing.T) {
		conformance.Run(t, conformance.Harness{
			Bubble: true,
			New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
				s, err := memstore.New(memstore.Options{TTLs: ttls})
				if err != nil {
					t.Fatal(err)
				}
				return s
			},
		})
	}
}

// A program can find out for itself whether its backend keeps the contract.
// Checks that need longer than it has are skipped.
func ExampleCheck() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	results := conformance.Check(ctx, conformance.Harness{
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			s, err := memstore.New(memstore.Options{TTLs: ttls})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	})
	for _, r := range results {
		if r.Outcome == conformance.Failed {
			fmt.Println(r.Clause, r.Name, r.Reason)
		}
	}
	fmt.Println("checked")
	// Output: checked
}

// A backend whose data outlives a store opens it again, with the TTLs that it is given. Lacks
// names what it need not have, in the words of the last line of a run.
func ExampleHarness() {
	files := map[store.LivenessStore]string{}
	open := func(t testing.TB, path string, ttls store.TTLs) store.LivenessStore {
		s, err := boltstore.Open(path, boltstore.Options{TTLs: ttls})
		if err != nil {
			t.Fatal(err)
		}
		files[s] = path
		return s
	}
	h := conformance.Harness{
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			return open(t, filepath.Join(t.TempDir(), "file.db"), ttls)
		},
		Reopen: func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
			return open(t, files[s], ttls)
		},
		Lacks: []string{"Harness.Join is nil", "Harness.Break is nil"},
		Only:  []string{"C5/a-cleared-workspace-stays-cleared-when-the-store-is-opened-again"},
	}
	for _, r := range conformance.Check(context.Background(), h) {
		fmt.Println(r.Key(), r.Outcome)
	}
	// Output: C5/a-cleared-workspace-stays-cleared-when-the-store-is-opened-again passed
}

// A key selects one check, such as with Harness.Only or "liveness verify --clause".
func ExampleResult_Key() {
	r := conformance.Result{Clause: "C1", Name: "a workspace is online until its TTL has passed"}
	fmt.Println(r.Key())
	// Output: C1/a-workspace-is-online-until-its-ttl-has-passed
}

// A run that must not blame a backend for a busy machine sorts its failures.
func ExampleResult_Unjudged() {
	results := []conformance.Result{
		{Clause: "C1", Outcome: conformance.Passed},
		{Clause: "C2", Outcome: conformance.Failed, Reason: "the machine was too slow to judge the backend in any of 5 attempts"},
	}
	for _, r := range results {
		fmt.Println(r.Clause, r.Outcome, r.Unjudged())
	}
	// Output:
	// C1 passed false
	// C2 failed true
}

// The error names the field, and what would be right.
func ExampleHarness_Validate() {
	fmt.Println(conformance.Harness{}.Validate())
	// Output: Harness.New is nil, want a function that returns an empty store
}
