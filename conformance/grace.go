package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// beginGrace lets time pass without a sweep for so long that a grace begins, and
// returns the sweeps before and after. Where time is real the first of them may
// come so late that the rest is within the patience: then the attempt is given up.
func (w *watch) beginGrace(d time.Duration) (before, after []driver.SweepResult) {
	before = w.sweepEach()
	w.gap(d)
	after = w.sweepEach()
	for i, s := range after {
		if w.slack > 0 && s.Now.Sub(before[i].Now) <= w.traits.Patience(w.interval)+w.grain {
			w.t.GiveUp()
		}
	}
	return before, after
}

// wantGrace wants a sweep to say that the grace lasts so long from now.
func (w *watch) wantGrace(want time.Duration) {
	for _, s := range w.sweepEach() {
		w.wantGraceLeft(s, want)
	}
}

func (w *watch) wantGraceLeft(s driver.SweepResult, want time.Duration) {
	if got := s.GraceEnd.Sub(s.Now); got < want-w.grain || got > want+w.grain {
		w.fail("Sweep says that the grace lasts for %v, want %v (± %v), after %v", got, want, w.grain, w.passed)
	}
}

func (w *watch) wantNoGrace() {
	for _, s := range w.sweepEach() {
		if s.GraceEnd.After(s.Now) {
			w.fail("Sweep says that a grace lasts for %v, want none, after %v", s.GraceEnd.Sub(s.Now), w.passed)
		}
	}
}

// refuseUntil wants nothing to be leased until then, and the death afterwards.
func (w *watch) refuseUntil(end time.Duration) {
	w.claim()
	w.justBefore(end)
	w.sweep()
	w.claim()
	w.justAfter(end)
	w.wantNoGrace()
	if w.isOnline("a") {
		w.sweepAfter(w.in(w.ttl))
	}
	w.claim("a")
}
