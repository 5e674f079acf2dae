package conformance

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
)

// run finds how the check ends, and tells the harness.
func (e entry) run(ctx context.Context, t testing.TB, h Harness) Result {
	began := time.Now()
	r := e.judgeAloneAndInPairs(ctx, t, h)
	r.Took = time.Since(began)
	h.ended(r)
	return r
}

// judgeAloneAndInPairs judges one store and, where stores share data, two stores in turns.
// Of a backend that is away two stores show no more than one.
func (e entry) judgeAloneAndInPairs(ctx context.Context, t testing.TB, h Harness) Result {
	if h.Join == nil || h.Short || e.kind.breaks() {
		return e.judge(ctx, t, h)
	}
	pairs := h
	pairs.inPairs = true
	var alone, inTurns Result
	if h.sleeps() && e.kind.sleeps() {
		var both sync.WaitGroup
		both.Go(func() { alone = e.judge(ctx, t, h) })
		both.Go(func() { inTurns = e.judge(ctx, t, pairs) })
		both.Wait()
	} else if alone = e.judge(ctx, t, h); alone.Outcome == Passed {
		inTurns = e.judge(ctx, t, pairs)
	}
	if alone.Outcome != Passed {
		return alone
	}
	if inTurns.Outcome == Failed {
		inTurns.Reason = "by two stores in turns: " + inTurns.Reason
	}
	return inTurns
}

const tooSlow = "the machine was too slow to judge the backend"

// judge tries until an attempt was fast enough to be judged.
func (e entry) judge(ctx context.Context, t testing.TB, h Harness) Result {
	const attempts = 5
	for n := range attempts {
		if n > 0 {
			h.rest(ctx, h.pace(e.kind, n-1).ttl)
		}
		if ctx.Err() != nil {
			return e.skippedBy(ctx)
		}
		r := attempt.Make(ctx, t, e.clause+"/"+e.name, func(r *attempt.T) { e.attempt(r, h, n) })
		outcome, reason := outcomeOf(r), r.Reason()
		switch {
		case outcome == Failed && ctx.Err() != nil && !r.Hung():
			return e.skippedBy(ctx)
		case outcome == Failed:
			reason = fmt.Sprintf("%s\n%s: %s", reason, e.clause, clauses()[e.clause])
		case r.GivenUp():
			continue
		}
		return Result{Clause: e.clause, Name: e.name, Outcome: outcome, Reason: reason}
	}
	return Result{Clause: e.clause, Name: e.name, Outcome: Failed,
		Reason: fmt.Sprintf("%s in any of %d attempts", tooSlow, attempts)}
}

// rest lets the machine do what it is late with, so that a burst of work spoils one attempt.
func (h Harness) rest(ctx context.Context, d time.Duration) {
	if !h.sleeps() {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func outcomeOf(r *attempt.T) Outcome {
	switch {
	case r.Failed():
		return Failed
	case r.Skipped():
		return Skipped
	}
	return Passed
}

func (e entry) skippedBy(ctx context.Context) Result {
	return Result{Clause: e.clause, Name: e.name, Outcome: Skipped, Reason: "the run was ended: " + context.Cause(ctx).Error()}
}

// attempt makes the check once, with a store of its own.
func (e entry) attempt(r *attempt.T, h Harness, n int) {
	if err := h.Validate(); err != nil {
		r.Fatalf("%v", err)
	}
	if e.kind.breaks() && h.Break == nil {
		r.Skip("Harness.Break is nil")
	}
	c := &check{pace: h.pace(e.kind, n), t: r, h: h, ctx: r.Context()}
	c.open(store.TTLs{})
	c.tell(e)
}
