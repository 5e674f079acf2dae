package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// keepChecks are those of R5: how long a death that was never handed out is kept.
func keepChecks() []entry {
	return []entry{
		{"R5", "a death that was never handed out is dropped after a day, and counted", timed, func(c *check) {
			w, day := c.keeping()
			w.die("handed-out")
			w.release(0, w.handOut("handed-out")...)
			w.setOnline("unclaimed")
			w.justAfter(w.in(w.ttl))
			w.wantDetected("unclaimed")
			end := w.in(day)
			w.sweepSeldomUntil(end - day/24)
			w.wantKept(2, 0)
			w.sweepSeldomUntil(end + day/24)
			w.wantDropped(1, 2)
			if w.h.sleeps() {
				return
			}
			w.wantPending("handed-out")
			w.wantAttempt(2, w.claim("handed-out")...)
			w.die("unclaimed")
			w.wantAttempt(1, w.claim("unclaimed")...)
		}},

		// Gaps make grace after grace.
		{"R5", "a grace does not count towards that day", timed, func(c *check) {
			c.notCounted(func(w *watch, d time.Duration) {
				for end := w.in(d); w.passed < end; w.sweep() {
					w.gap(w.traits.Patience(w.interval) + w.after() + 1)
				}
			})
		}},

		{"R5", "time in which nothing may be handed out does not count towards that day", timed, func(c *check) {
			c.notCounted(func(w *watch, d time.Duration) {
				w.forbid = true
				w.sweepSeldomUntil(w.in(d))
				w.forbid = false
			})
		}},

		{"R5", "a pause before the store was closed does not count towards that day", timed, func(c *check) {
			c.notCounted(func(w *watch, d time.Duration) {
				w.forbid = true
				w.sweepSeldomUntil(w.in(d))
				w.forbid = false
				w.reopen(0)
			})
		}},

		{"R5", "a death that was handed out is neither dropped nor forgotten", timed, func(c *check) {
			w, day := c.keeping()
			ids := []string{"leased", "released", "unfinished"}
			w.die(ids...)
			all := w.handOutFor(w.ttl/4, ids...)
			w.release(0, all[1])
			w.extend(w.ttl*100, all[0])
			w.sweepSeldomUntil(w.in(day + day/8))
			w.forget(ids...)
			w.wantKept(2, 0)
			w.wantPending(ids...)
			w.wantAttempt(2, w.claim("released", "unfinished")...)
			w.wantHeld(all[0])
		}},

		{"R5", "a death that is leased is not dropped", timed, func(c *check) {
			w, day := c.keeping()
			w.die("a")
			leased := w.claim("a")
			w.sweepSeldomUntil(w.in(day + day/8))
			if s := w.sweep(); s.Leased != 1 || s.Dropped != 0 {
				w.fail("Sweep returns Leased = %d and Dropped = %d, want 1 and 0, after %v", s.Leased, s.Dropped, w.passed)
			}
			w.wantPending("a")
			w.begin(leased...)
		}},

		{"R5", "the delay of an adopted death does not count towards that day", timed, func(c *check) {
			w, day := c.keeping()
			w.adopt(w.at(w.in(day/2)), "a")
			w.sweepSeldomUntil(w.in(day + day/4))
			w.wantKept(1, 0)
			w.sweepSeldomUntil(w.in(day / 2))
			w.wantDropped(1, 1)
		}},

		// The URLs are cached again and again until the death is dropped.
		{"R5", "a death that is dropped leaves the URLs", timed, func(c *check) {
			w, day := c.keeping()
			w.die("a")
			w.sweepSeldomUntil(w.in(day - day/24))
			for end := w.in(day / 12); w.sweep().Dropped == 0 && w.passed < end; {
				w.cacheBoth("a")
				w.pass(w.urlTTL / 2)
			}
			w.wantDropped(1, 1)
			w.wantBoth("a")
		}},

		// Where the data is of one process, Returned may begin anew with the store.
		{"R5", "the counts of the dropped and the returned outlive the store", timed, func(c *check) {
			w, day := c.keeping()
			w.die("back")
			w.acknowledge(w.handOut("back")...)
			w.setOnline("back")
			w.wantReturned(1)
			w.clear("back")
			w.die("unclaimed")
			w.sweepSeldomUntil(w.in(day + day/24))
			w.wantDropped(1, 1)
			before := w.sweep()
			w.reopen(0)
			after := w.sweep()
			if after.Dropped != before.Dropped {
				w.fail("Sweep returns Dropped = %d once the store is opened again, want %d", after.Dropped, before.Dropped)
			}
			if after.Returned != before.Returned && (after.Returned != 0 || w.h.Join != nil) {
				w.fail("Sweep returns Returned = %d once the store is opened again, want %d", after.Returned, before.Returned)
			}
		}},
	}
}

// keeping needs a store that keeps deaths as long as by default. The TTL is
// long, so that a day takes few sweeps. Where time is real a day is two TTLs,
// and no death is dropped.
func (c *check) keeping() (w *watch, day time.Duration) {
	if c.h.sleeps() {
		return c.watched(), 2 * c.ttl
	}
	c.ttl = time.Hour
	c.open(store.TTLs{})
	return c.watched(), store.DefaultKeepDeaths
}

// sweepSeldomUntil lets time pass until then with as few sweeps as begin no grace.
func (w *watch) sweepSeldomUntil(moment time.Duration) {
	step := w.pause * 3 / 2
	if w.h.sleeps() {
		step = w.pause
	}
	for w.tick(); w.passed < moment; w.tick() {
		w.gap(min(step, moment-w.passed))
	}
}

// wantDropped wants so many of the deaths that were ready to be dropped after a day.
// Where time passes by sleeping there is no such day, and none is dropped.
func (w *watch) wantDropped(dropped, of int) {
	if w.h.sleeps() {
		dropped = 0
	}
	w.wantKept(of-dropped, int64(dropped))
}

func (w *watch) wantKept(ready int, dropped int64) {
	if s := w.sweep(); s.Ready != ready || s.Dropped != dropped {
		w.fail("Sweep returns Ready = %d and Dropped = %d, want %d and %d, after %v",
			s.Ready, s.Dropped, ready, dropped, w.passed)
	}
}

// notCounted wants time to stop and not to begin anew for a death that waits.
func (c *check) notCounted(away func(w *watch, d time.Duration)) {
	w, day := c.keeping()
	w.die("unclaimed")
	w.sweepSeldomUntil(w.in(day / 4))
	for range 3 {
		away(w, day*3/4)
		w.sweep()
	}
	w.sweepSeldomUntil(w.in(day / 2))
	w.wantKept(1, 0)
	w.sweepSeldomUntil(w.in(day * 3 / 8))
	w.wantDropped(1, 1)
}
