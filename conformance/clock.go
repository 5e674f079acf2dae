package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

func clockOfTheStore(c *check) {
	w := c.watched()
	for range 4 {
		w.pass(w.ttl / 4)
		w.wantClock(w.sweepEach()[0].Now)
	}
}

// wantClock wants the clock of the store to have gone on as time has passed.
func (w *watch) wantClock(now time.Time) {
	if got := now.Sub(w.epoch); !w.near(got, w.passed) {
		w.fail("by the clock of the store %v have passed, want %v (± %v)", got, w.passed, w.after())
	}
}

// slowCaller sweeps as a caller that has seen older ticks.
func slowCaller(c *check) {
	for _, behind := range []time.Duration{time.Minute, 24 * time.Hour} {
		c.open(store.TTLs{})
		w := c.watched()
		w.setOnline("a")
		end := w.in(w.ttl)
		w.pass(w.ttl / 2)
		w.sweep()
		w.fallBehind(behind)
		w.wantDetected()
		w.wantOnline("a")
		w.justAfter(end)
		w.fallBehind(behind)
		w.wantDetected("a")
		w.fallBehind(behind)
		w.wantNoGrace()
		w.wantDeadline(w.claim("a")[0], end)
		w.fallBehind(behind)
		w.wantClock(w.sweepEach()[0].Now)
	}
}

// freshCaller sweeps as a caller that has seen no tick.
func freshCaller(c *check) {
	w := c.watched()
	w.setOnline("a")
	end := w.in(w.ttl)
	w.pass(w.ttl / 2)
	clear(w.seen)
	w.wantDetected()
	w.justAfter(end)
	clear(w.seen)
	w.wantDetected("a")
	clear(w.seen)
	w.wantNoGrace()
	w.wantDeadline(w.claim("a")[0], end)
}

func (w *watch) fallBehind(d time.Duration) {
	for i := range w.seen {
		w.seen[i] = w.seen[i].Add(-d)
	}
}
