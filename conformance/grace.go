package conformance

import (
	"cmp"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// noGap is the longest time between two sweeps that begins no grace.
func (w *watch) noGap() time.Duration { return max(3*time.Second, 3*w.interval) }

// wantGrace wants a sweep to say that the grace lasts so long from now.
func (w *watch) wantGrace(want time.Duration) {
	for _, s := range w.sweepEach() {
		w.wantLeft(s, want)
	}
}

func (w *watch) wantLeft(s store.Sweep, want time.Duration) {
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

func firstGrace(c *check) {
	w := c.unwatched()
	w.setOnline("a")
	died := w.in(w.ttl)
	w.pass(w.ttl / 2)
	before := w.sweepEach()
	end := w.in(w.ttl)
	for _, s := range before {
		w.wantLeft(s, w.ttl)
	}
	w.justAfter(died)
	w.take()
	w.wantFound("a")
	w.wantDeaths("a")
	w.take()
	for i, s := range w.sweepEach() {
		if moved := s.GraceEnd.Sub(before[i].GraceEnd); moved < -w.grain || moved > w.grain {
			w.fail("a sweep during a grace moves its end by %v", moved)
		}
	}
	w.justBefore(end)
	w.take()
	w.justAfter(end)
	w.wantNoGrace()
	w.take("a")
}

// graceAfter lets nobody watch for a while, in which a workspace dies, and
// wants a grace of the gap and a heartbeat, or of a TTL. The first grace is
// short, because only the workspace has a long TTL.
func (c *check) graceAfter(gap, heartbeat time.Duration) {
	c.open(store.TTLs{
		Liveness:  c.ttl / 8,
		For:       func(string) time.Duration { return c.ttl },
		Heartbeat: heartbeat,
	})
	w := c.unwatched()
	w.sweep()
	w.setOnline("a")
	w.pass(w.ttl * 5 / 16)
	before := w.sweepEach()
	w.interval = w.ttl / 32
	w.pass(gap)
	var left time.Duration
	for i, s := range w.sweepEach() {
		w.wantLeft(s, min(s.Now.Sub(before[i].Now)+cmp.Or(heartbeat, s.TTL/6), s.TTL))
		left = max(left, s.GraceEnd.Sub(s.Now))
	}
	end := w.in(left)
	w.wantDeaths("a")
	w.take()
	w.interval = w.ttl
	w.justBefore(end)
	w.sweep()
	w.take()
	w.justAfter(end)
	w.wantNoGrace()
	w.take("a")
}

func graceOfGapAndSixth(c *check)     { c.graceAfter(c.ttl*13/16, 0) }
func graceOfGapAndHeartbeat(c *check) { c.graceAfter(c.ttl*15/16, c.ttl/32) }
func graceOfATTL(c *check)            { c.graceAfter(c.ttl, 0) }

func noGraceForShortGaps(c *check) {
	c.open(store.TTLs{Liveness: c.ttl / 8})
	w := c.unwatched()
	w.sweep()
	w.pass(w.ttl / 4)
	w.wantNoGrace()
	for _, interval := range []time.Duration{w.ttl / 1000, w.ttl / 4} {
		w.interval = interval
		w.pass(w.noGap() - w.before())
		w.wantNoGrace()
	}
}

// gapDuringAGrace makes a gap early in a grace, which then has more left than
// the living need to be heard from.
func gapDuringAGrace(c *check) {
	c.open(store.TTLs{Liveness: 2 * c.ttl})
	w := c.unwatched()
	w.sweep()
	w.pass(w.ttl / 4)
	before := w.sweepEach()
	w.interval = w.ttl / 32
	w.pass(w.ttl * 15 / 16)
	for i, s := range w.sweepEach() {
		w.wantLeft(s, before[i].GraceEnd.Sub(before[i].Now))
	}
}

// gapLateInAGrace makes a gap when what the grace has left is too short to hear
// from anybody.
func gapLateInAGrace(c *check) {
	c.open(store.TTLs{Liveness: 2 * c.ttl})
	w := c.unwatched()
	w.sweep()
	w.pass(w.ttl * 15 / 8)
	w.sweep()
	w.interval = w.ttl / 32
	w.pass(w.ttl * 15 / 16)
	for _, s := range w.sweepEach() {
		w.wantLeft(s, min(w.noGap()+s.TTL/6, s.TTL))
	}
}

func longestTTLInGrace(c *check) {
	c.openFor(func(id string) time.Duration { return map[string]time.Duration{"long": 2 * c.ttl}[id] })
	w := c.unwatched()
	w.setOnline("long", "usual")
	for _, s := range w.sweepEach() {
		w.wantLeft(s, s.TTL)
	}
	if got := w.sweep().TTL; got < 2*w.ttl-w.grain || got > 2*w.ttl+w.grain {
		w.fail("Sweep returns TTL = %v, want the longest in use, %v", got, 2*w.ttl)
	}
}

// sweptByOthers has a monitor see a tick that the data does not know of.
func sweptByOthers(c *check) {
	w := c.watched()
	w.die("a")
	w.wantNoGrace()
	for i := range w.seen {
		w.seen[i] = w.seen[i].Add(w.ttl / 2)
	}
	w.wantGrace(w.ttl)
	end := w.in(w.ttl)
	w.take()
	w.pass(w.ttl / 2)
	w.sweep()
	w.justBefore(end)
	w.take()
	w.justAfter(end)
	w.wantNoGrace()
	w.take("a")
}

func graceOutlivesStore(c *check) {
	w := c.unwatched()
	w.setOnline("a")
	w.pass(w.ttl / 2)
	w.sweep()
	end := w.in(w.ttl)
	w.justAfter(w.in(w.ttl / 2))
	w.reopen(0)
	w.sweep()
	w.take()
	w.justBefore(end)
	w.sweep()
	w.take()
	w.justAfter(w.in(w.ttl))
	w.sweep()
	w.take("a")
}
