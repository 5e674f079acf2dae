package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// adoptedOutliveStore adopts workspaces that are due now, and later.
func adoptedOutliveStore(c *check) {
	w := c.watched()
	w.adopt(w.at(w.in(0)), "begun", "ready")
	due := w.in(4 * w.ttl)
	w.adopt(w.at(due), "back", "cleared", "delayed", "forgotten")
	w.justAfter(w.in(0))
	both := w.claim("begun", "ready")
	w.begin(both[0])
	w.release(0, both...)
	w.setOnline("back")
	w.clear("cleared")
	w.forget("forgotten")

	w.reopen(w.ttl / 4)
	w.wantPending("begun", "delayed", "ready")
	w.wantOnline("back")
	w.clear("back")
	w.sweep()
	w.sweepAfter(w.in(w.ttl))
	both = w.claim("begun", "ready")
	w.wantAttempt(2, both[0])
	w.wantAttempt(1, both[1])
	w.wantAdopted(true, both...)
	w.justBefore(due)
	w.sweep()
	w.claim()
	w.sweepAfter(due)
	last := w.claim("delayed")
	w.wantAdopted(true, last...)
	w.wantAttempt(1, last...)
	w.wantDeadline(last[0], due)
}

// leasesOverTheStore leaves it to the store whether the former holder is still one.
func leasesOverTheStore(c *check) {
	w := c.withDeaths("a")
	former := w.handOutFor(3*w.ttl, "a")
	w.reopen(0)
	w.sweep()
	w.sweepAfter(w.in(w.ttl))
	if w.extend(w.ttl, former...)[0] != driver.Lost {
		end := w.in(w.ttl)
		w.claim()
		w.sweepAfter(end)
	}
	next := w.handOut("a")
	w.wantAttempt(2, next...)
	w.wantTokensAbove(former, next)
	w.wantLost(former...)
	w.wantHeld(next...)
}

// pauseIsNotCounted has monitors be paused until just before the store is closed.
func pauseIsNotCounted(c *check) {
	c.notCounted(func(w *watch, d time.Duration) {
		w.forbid = true
		w.sweepSeldomUntil(w.in(d))
		w.forbid = false
		w.reopen(0)
	})
}

// outage has the backend be away for d, and tells what callers do meanwhile. There is no
// sweep until it is back.
func (c *check) outage(d time.Duration, meanwhile func(ctx context.Context)) {
	mend := c.breakdown()
	meanwhile(c.bounded(soon))
	c.gap(d)
	mend()
	c.wantBack()
	if c.slack > 0 {
		c.passed = max(c.passed, time.Since(c.begun))
	}
}

// deathsOutlastAnOutage has an outage for so long that a grace follows.
func deathsOutlastAnOutage(c *check) {
	const late = 6 // TTLs, more than a grace and the time to reach the backend again
	w := c.withDeaths("delayed", "held")
	leased := w.handOut("delayed", "held")
	ready, due := w.in(late*w.ttl), w.in(late*w.ttl)
	w.release(late*w.ttl, leased[0])
	w.adopt(w.at(due), "adopted")
	before := w.sweepEach()
	w.outage(w.ttl*5/8, func(ctx context.Context) {
		all, err := w.reaper().Extend(ctx, leased[1:], w.long())
		w.wantAway("Extend", all != nil, err)
	})
	for i, s := range w.sweepEach() {
		w.wantGraceLeft(s, min(s.Now.Sub(before[i].Now)+w.ttl/6, w.ttl))
	}
	w.wantHeld(leased[1])
	w.wantHandedOut("held", 1)
	w.wantPending("adopted", "delayed", "held")
	w.wantPhase("delayed", driver.Delayed, ready)
	w.wantPhase("adopted", driver.Delayed, due)
	w.pass(w.ttl + w.after())
	w.sweep()
	w.claim()
	if w.passed > ready-w.before() {
		w.t.GiveUp()
	}
	w.sweepAfter(ready)
	both := w.claim("adopted", "delayed")
	w.wantAdopted(true, both[0])
	w.wantAttempt(2, both[1])
	w.acknowledge(leased[1])
	w.wantLost(leased[0])
}

// wantAway wants a call to have failed because the backend is away, with no answer.
func (c *check) wantAway(op string, answered bool, err error) {
	if answered {
		c.fail("%s answers while the backend is away", op)
	}
	if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		c.fail("%s returns the error %v while the backend is away, want %q", op, err, store.ErrUnavailable)
	}
}

func noteOutlastsAnOutage(c *check) {
	w := c.newWatch()
	w.note(0, "", "kept", "kept")
	w.outage(0, func(ctx context.Context) {
		note, err := w.reaper().Note(ctx, 0, "", "")
		w.wantAway("Note", note != "", err)
	})
	w.note(0, "", "new", "kept")
}
