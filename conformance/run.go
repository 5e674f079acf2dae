package conformance

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Run checks the backend under go test, with a subtest for each check, and
// ends with one line that says how many ran and why the others were skipped.
// If the environment has CONFORMANCE_STRICT=1, a skipped check fails the test.
func Run(t *testing.T, h Harness) []Result {
	t.Helper()
	if err := h.validate(); err != nil {
		t.Fatalf("conformance: %v", err)
	}
	var results []Result
	if h.sleeps() {
		results = checkAll(t.Context(), t, h)
		for _, r := range results {
			t.Run(r.Clause+"/"+r.Name, func(t *testing.T) { r.report(t) })
		}
	} else {
		for _, e := range table() {
			t.Run(e.clause+"/"+e.name, func(t *testing.T) {
				r := e.underTest(t, h)
				results = append(results, r)
				r.report(t)
			})
		}
	}
	t.Log(summary(results))
	return results
}

func (e entry) underTest(t *testing.T, h Harness) (result Result) {
	if !h.Bubble {
		return e.check(t.Context(), t, h)
	}
	synctest.Test(t, func(t *testing.T) { result = e.check(t.Context(), t, h) })
	return result
}

func (r Result) report(t testing.TB) {
	switch {
	case r.Outcome == Failed:
		t.Error(r.Reason)
	case r.Outcome == Skipped && os.Getenv("CONFORMANCE_STRICT") == "1":
		t.Errorf("skipped, which CONFORMANCE_STRICT forbids: %s", r.Reason)
	case r.Outcome == Skipped:
		t.Skip(r.Reason)
	}
}

// Check checks the backend without failing a test: also a panic is but a
// result. Each check runs in a goroutine of its own. When ctx ends, the checks
// that have not ended are skipped, and one that does not return either has
// failed.
//
// Check ignores Harness.Bubble.
func Check(ctx context.Context, h Harness) []Result {
	h.Bubble = false
	return checkAll(ctx, nil, h)
}

// checkAll runs the checks one after another, but those side by side that
// sleep most of their time. They begin a little apart, not to wake all at once.
func checkAll(ctx context.Context, t testing.TB, h Harness) []Result {
	all := table()
	results := make([]Result, len(all))
	var sleepers sync.WaitGroup
	for i, e := range all {
		if !h.sleeps() || !e.kind.sleeps() {
			results[i] = e.check(ctx, t, h)
		}
	}
	for i, e := range all {
		if h.sleeps() && e.kind.sleeps() {
			sleepers.Go(func() { results[i] = e.check(ctx, t, h) })
			time.Sleep(10 * time.Millisecond)
		}
	}
	sleepers.Wait()
	return results
}

// check tries until an attempt was fast enough to be judged.
func (e entry) check(ctx context.Context, t testing.TB, h Harness) Result {
	const attempts = 5
	for attempt := range attempts {
		if ctx.Err() != nil {
			return e.ended(ctx)
		}
		r := record(ctx, t, e.clause+"/"+e.name, func(r *recorder) { e.attempt(r, h, attempt) })
		outcome, reason := r.result()
		switch {
		case outcome == Failed && ctx.Err() != nil && !r.hung:
			return e.ended(ctx)
		case outcome == Failed:
			reason = fmt.Sprintf("%s\n%s: %s", reason, e.clause, clauses()[e.clause])
		case r.late:
			continue
		}
		return Result{e.clause, e.name, outcome, reason}
	}
	return Result{e.clause, e.name, Failed,
		fmt.Sprintf("the machine was too slow to judge the backend in any of %d attempts", attempts)}
}

func (e entry) ended(ctx context.Context) Result {
	return Result{e.clause, e.name, Skipped, "the run was ended: " + context.Cause(ctx).Error()}
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
