package conformance_test

import (
	"context"
	"fmt"
	"testing"
	"time"

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
