package conformance

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Run checks the backend under go test, with a subtest for each check. Its last line
// says how many checks ran, and why the others were skipped.
//
// With CONFORMANCE_STRICT=1 in the environment a skipped check fails the test, unless
// Harness.Lacks has its reason. A run in which no check ran fails in any case.
func Run(t *testing.T, h Harness) []Result {
	t.Helper()
	if err := h.Validate(); err != nil {
		t.Fatalf("conformance: %v", err)
	}
	h.Short = h.Short || testing.Short()
	h = h.begin()
	var results []Result
	if h.sleeps() {
		results = checkAll(t.Context(), t, h)
		for _, r := range results {
			t.Run(r.Clause+"/"+r.Name, func(t *testing.T) { r.report(t, h) })
		}
	} else {
		for _, e := range h.checks() {
			t.Run(e.clause+"/"+e.name, func(t *testing.T) {
				r := e.underTest(t, h)
				results = append(results, r)
				r.report(t, h)
			})
		}
	}
	t.Log(summary(results))
	for _, reason := range h.Lacks {
		if len(h.Only) == 0 && !slices.ContainsFunc(results, func(r Result) bool { return r.Outcome == Skipped && r.Reason == reason }) {
			t.Errorf("conformance: no check was skipped because %s, though Harness.Lacks says so", reason)
		}
	}
	if count(results)[Skipped] == len(results) {
		t.Error("conformance: no check ran")
	}
	return results
}

func (e entry) underTest(t *testing.T, h Harness) (result Result) {
	if !h.Bubble {
		return e.run(t.Context(), t, h)
	}
	synctest.Test(t, func(t *testing.T) { result = e.run(t.Context(), t, h) })
	return result
}

func (r Result) report(t testing.TB, h Harness) {
	switch {
	case r.Outcome == Failed:
		t.Error(r.Reason)
	case r.Outcome == Skipped && os.Getenv("CONFORMANCE_STRICT") == "1" && !slices.Contains(h.Lacks, r.Reason):
		t.Errorf("skipped, which CONFORMANCE_STRICT forbids: %s", r.Reason)
	case r.Outcome == Skipped:
		t.Skip(r.Reason)
	}
}

// Check checks the backend outside a test. A failure is a result, and so is a panic of the
// backend. Each check runs in a goroutine of its own. When ctx ends, the checks that
// have not ended are skipped, but a check that does not return then has failed.
//
// Check ignores Harness.Bubble.
func Check(ctx context.Context, h Harness) []Result {
	h.Bubble = false
	return checkAll(ctx, nil, h.begin())
}

// run is the state that the checks of one run share.
type run struct {
	opening sync.Mutex // the harness is asked for one store at a time
	ending  sync.Mutex
	ended   int
	of      int
}

func (h Harness) begin() Harness {
	h.run = &run{of: len(h.checks())}
	return h
}

// ask asks the harness for a store.
func (h Harness) ask(f func() store.LivenessStore) store.LivenessStore {
	if h.run != nil && !h.Concurrent {
		h.run.opening.Lock()
		defer h.run.opening.Unlock()
	}
	return f()
}

// ended tells the harness of a result.
func (h Harness) ended(r Result) {
	if h.run == nil || h.Ended == nil {
		return
	}
	h.run.ending.Lock()
	defer h.run.ending.Unlock()
	h.run.ended++
	defer func() { _ = recover() }()
	h.Ended(r, h.run.ended, h.run.of)
}

// checkAll runs the checks one after another, but those side by side that
// sleep most of their time. They begin a little apart, not to wake all at once.
// A check of a store with many shards is much work: fewer run side by side.
func checkAll(ctx context.Context, t testing.TB, h Harness) []Result {
	all := h.checks()
	results := make([]Result, len(all))
	var sleepers sync.WaitGroup
	const most, least, shards = 128, 16, 1024 // checks side by side; shards that they sweep together
	places := make(chan struct{}, min(most, max(least, shards/h.shards(ctx, t))))
	for i, e := range all {
		if !h.sleeps() || !e.kind.sleeps() {
			results[i] = e.run(ctx, t, h)
		}
	}
	for i, e := range all {
		if h.sleeps() && e.kind.sleeps() {
			places <- struct{}{}
			sleepers.Go(func() {
				defer func() { <-places }()
				results[i] = e.run(ctx, t, h)
			})
			time.Sleep(10 * time.Millisecond)
		}
	}
	sleepers.Wait()
	return results
}

// shards returns into how many shards a store of the harness is divided.
func (h Harness) shards(ctx context.Context, t testing.TB) (n int) {
	n = 1
	if !h.sleeps() || h.Validate() != nil {
		return n
	}
	attempt.Make(ctx, t, "shards", func(r *attempt.T) {
		s := h.New(r, store.TTLs{})
		r.Cleanup(func() { s.Close() })
		if reaper, ok := store.As[driver.Reaper](s); ok {
			n = max(n, reaper.Traits().Shards)
		}
	})
	return n
}

// count returns how many results there are of each outcome.
func count(results []Result) map[Outcome]int {
	n := map[Outcome]int{}
	for _, r := range results {
		n[r.Outcome]++
	}
	return n
}

// summary says in one line how much of the suite has spoken.
func summary(results []Result) string {
	ran := 0
	var reasons []string
	skipped := map[string]int{}
	for _, r := range results {
		if r.Outcome != Skipped {
			ran++
			continue
		}
		if skipped[r.Reason] == 0 {
			reasons = append(reasons, r.Reason)
		}
		skipped[r.Reason]++
	}
	line := fmt.Sprintf("conformance: %d of %d checks ran", ran, len(results))
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%d because %s", skipped[reason], reason)
	}
	if len(reasons) > 0 {
		line += "; skipped: " + strings.Join(reasons, ", ")
	}
	return line
}
