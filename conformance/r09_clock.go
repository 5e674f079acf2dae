package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// clockChecks are those of R9.
func clockChecks() []entry {
	return []entry{
		{"R9", "the clock of the store goes on as time passes", timed, func(c *check) {
			w := c.watched()
			for range 4 {
				w.pass(w.ttl / 4)
				w.wantClock(w.sweepEach()[0].Now)
			}
		}},

		// The caller has seen older ticks only.
		{"R9", "a caller whose clock is behind changes nothing", timed, func(c *check) {
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
		}},

		// The caller has seen no tick.
		{"R9", "a caller that knows no time changes nothing", timed, func(c *check) {
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
		}},
	}
}

// wantClock wants the clock of the store to have gone on as time has passed.
func (w *watch) wantClock(now time.Time) {
	if got := now.Sub(w.epoch); !w.near(got, w.passed) {
		w.fail("by the clock of the store %v have passed, want %v (± %v)", got, w.passed, w.after())
	}
}

func (w *watch) fallBehind(d time.Duration) {
	for i := range w.seen {
		w.seen[i] = w.seen[i].Add(-d)
	}
}
