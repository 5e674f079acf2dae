package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// patienceChecks are those of R6: which gap between two sweeps begins a grace.
func patienceChecks() []entry {
	return []entry{
		{"R6", "three seconds begin no grace", slow, func(c *check) {
			c.ttl *= 2
			c.gapsOf(store.TTLs{}, time.Millisecond, 3*time.Second)
		}},

		{"R6", "three intervals begin no grace", slow, func(c *check) {
			c.ttl *= 2
			c.gapsOf(store.TTLs{}, c.ttl/7, c.ttl/7*3)
		}},

		{"R6", "more than half a TTL begins a grace, whatever the interval", timed, func(c *check) {
			c.gapsOf(store.TTLs{}, c.ttl, c.ttl/2)
			c.gapsOf(store.TTLs{Liveness: c.ttl}, c.ttl/5, c.ttl/2)
		}},

		{"R6", "a TTL less two heartbeats begins a grace, whatever the interval", timed, func(c *check) {
			c.gapsOf(store.TTLs{Heartbeat: c.ttl / 3}, c.ttl, c.ttl-2*(c.ttl/3))
		}},

		// The gap comes early, and is shorter than the one that began the grace.
		{"R6", "a gap during a grace extends it by the gap", timed, func(c *check) {
			w := c.watched()
			w.beginGrace(w.ttl * 3 / 4)
			before, after := w.beginGrace(w.ttl * 5 / 8)
			for i, s := range after {
				gap := s.Now.Sub(before[i].Now)
				w.wantGraceLeft(s, min(before[i].GraceEnd.Add(gap).Sub(s.Now), w.ttl))
			}
		}},

		// Less of the grace is left than the living need to be heard from.
		{"R6", "a gap late in a grace extends it until the living could be heard from", timed, func(c *check) {
			w := c.watched()
			w.beginGrace(w.ttl * 5 / 8)
			w.pass(w.ttl * 3 / 8)
			_, after := w.beginGrace(w.ttl * 5 / 8)
			for _, s := range after {
				w.wantGraceLeft(s, w.ttl/2+w.ttl/6)
			}
		}},

		// Gap follows gap.
		{"R6", "no gap makes a grace longer than a TTL", timed, func(c *check) {
			w := c.newWatch()
			w.sweep()
			for range 5 {
				w.gap(w.ttl * 7 / 8)
				w.wantGrace(w.ttl)
			}
			end := w.in(w.ttl)
			w.setOnline("a")
			w.refuseUntil(end)
		}},

		// The data does not know of the tick that the monitor has seen.
		{"R6", "a tick that only a monitor remembers begins a grace", timed, func(c *check) {
			w := c.withDeaths("a")
			w.wantNoGrace()
			for i := range w.seen {
				w.seen[i] = w.seen[i].Add(w.ttl / 2)
			}
			w.wantGrace(w.ttl)
			w.refuseUntil(w.in(w.ttl))
		}},

		{"R6", "the time for which a store was closed is a gap", timed, func(c *check) {
			w := c.withDeaths("a")
			w.reopen(2 * w.ttl)
			for _, s := range w.sweepEach() {
				if left := s.GraceEnd.Sub(s.Now); left < w.ttl/2 || left > w.ttl+w.grain {
					w.fail("Sweep says that the grace lasts for %v, want at most %v", left, w.ttl)
				}
			}
			w.refuseUntil(w.in(w.ttl))
		}},
	}
}

// gapsOf wants a gap below the patience to begin no grace, and one above it to
// begin one.
func (c *check) gapsOf(ttls store.TTLs, interval, patience time.Duration) {
	c.open(ttls)
	w := c.watched()
	w.interval = interval
	w.sweep()
	w.gap(patience - w.before())
	w.wantNoGrace()
	w.gap(patience + w.after() + 1)
	for _, s := range w.sweepEach() {
		if !s.GraceEnd.After(s.Now) {
			w.fail("Sweep says that there is no grace, want one after a gap of %v", patience+w.after())
		}
	}
}
