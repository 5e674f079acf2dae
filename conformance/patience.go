package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

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

func patienceOfThreeSeconds(c *check) {
	c.ttl *= 2
	c.gapsOf(store.TTLs{}, time.Millisecond, 3*time.Second)
}

func patienceOfThreeIntervals(c *check) {
	c.ttl *= 2
	c.gapsOf(store.TTLs{}, c.ttl/7, c.ttl/7*3)
}

func patienceOfHalfATTL(c *check) {
	c.gapsOf(store.TTLs{}, c.ttl, c.ttl/2)
	c.gapsOf(store.TTLs{Liveness: c.ttl}, c.ttl/5, c.ttl/2)
}

func patienceOfATTLAndTwoHeartbeats(c *check) {
	c.gapsOf(store.TTLs{Heartbeat: c.ttl / 3}, c.ttl, c.ttl-2*(c.ttl/3))
}

// gapDuringAGrace makes a gap early in a grace, shorter than that which began it.
func gapDuringAGrace(c *check) {
	w := c.watched()
	w.beginGrace(w.ttl * 3 / 4)
	before, after := w.beginGrace(w.ttl * 5 / 8)
	for i, s := range after {
		gap := s.Now.Sub(before[i].Now)
		w.wantGraceLeft(s, min(before[i].GraceEnd.Add(gap).Sub(s.Now), w.ttl))
	}
}

// gapLateInAGrace makes a gap when less of the grace is left than the living
// need to be heard from.
func gapLateInAGrace(c *check) {
	w := c.watched()
	w.beginGrace(w.ttl * 5 / 8)
	w.pass(w.ttl * 3 / 8)
	_, after := w.beginGrace(w.ttl * 5 / 8)
	for _, s := range after {
		w.wantGraceLeft(s, w.ttl/2+w.ttl/6)
	}
}

// noGraceBeyondATTL makes gap after gap.
func noGraceBeyondATTL(c *check) {
	w := c.newWatch()
	w.sweep()
	for range 5 {
		w.gap(w.ttl * 7 / 8)
		w.wantGrace(w.ttl)
	}
	end := w.in(w.ttl)
	w.setOnline("a")
	w.refuseUntil(end)
}

// sweptByOthers has a monitor see a tick that the data does not know of.
func sweptByOthers(c *check) {
	w := c.withDeaths("a")
	w.wantNoGrace()
	for i := range w.seen {
		w.seen[i] = w.seen[i].Add(w.ttl / 2)
	}
	w.wantGrace(w.ttl)
	w.refuseUntil(w.in(w.ttl))
}

// absenceIsAGap opens the store again after a while.
func absenceIsAGap(c *check) {
	w := c.withDeaths("a")
	w.reopen(2 * w.ttl)
	for _, s := range w.sweepEach() {
		if left := s.GraceEnd.Sub(s.Now); left < w.ttl/2 || left > w.ttl+w.grain {
			w.fail("Sweep says that the grace lasts for %v, want at most %v", left, w.ttl)
		}
	}
	w.refuseUntil(w.in(w.ttl))
}
