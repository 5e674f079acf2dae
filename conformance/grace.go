package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

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

func firstGrace(c *check) {
	w := c.newWatch()
	w.setOnline("a")
	died := w.in(w.ttl)
	w.pass(w.ttl / 2)
	before := w.sweepEach()
	end := w.in(w.ttl)
	for _, s := range before {
		w.wantGraceLeft(s, w.ttl)
	}
	w.justAfter(died)
	w.claim()
	w.wantDetected("a")
	w.wantPending("a")
	w.claim()
	for i, s := range w.sweepEach() {
		if moved := s.GraceEnd.Sub(before[i].GraceEnd); moved < -w.grain || moved > w.grain {
			w.fail("a sweep during a grace moves its end by %v", moved)
		}
	}
	w.justBefore(end)
	w.claim()
	w.justAfter(end)
	w.wantNoGrace()
	w.claim("a")
}

// expiredInAGrace wants a death by Expire to wait for the end like any other.
func expiredInAGrace(c *check) {
	w := c.newWatch()
	e := w.expirer()
	w.setOnline("a")
	w.sweep()
	end := w.in(w.ttl)
	e.expire("a")
	w.wantOffline("a")
	w.claim()
	w.sweep()
	w.wantNone(driver.ClaimOptions{Max: 10, Lease: w.long(), Expired: true})
	w.justBefore(end)
	w.claim()
	w.sweepAfter(end)
	w.claim("a")
}

func (w *watch) wantNone(o driver.ClaimOptions) {
	if all := w.claimAll(o); len(all) > 0 {
		w.fail("Claim leases %q, want none, after %v", idsOf(all), w.passed)
	}
}

// heldInAGrace begins and ends a lease during a grace: only claims have to wait.
func heldInAGrace(c *check) {
	w := c.withDeaths("a", "b")
	leased := w.claim("a", "b")
	w.gap(w.ttl * 3 / 4)
	w.sweep()
	w.begin(leased...)
	w.acknowledge(leased[0])
	w.release(0, leased[1])
	w.claim()
}

// graceAfter wants a gap to begin a grace of so long, in which nothing is leased.
func (c *check) graceAfter(ttls store.TTLs, gap, want time.Duration) {
	c.open(ttls)
	w := c.watched()
	w.setOnline("a")
	w.sweep()
	before, after := w.beginGrace(gap)
	var left time.Duration
	for i, s := range after {
		w.wantGraceLeft(s, min(want+s.Now.Sub(before[i].Now)-gap, w.traits.Liveness()))
		left = max(left, s.GraceEnd.Sub(s.Now))
	}
	end := w.in(left)
	w.refuseUntil(end)
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

func graceOfGapAndSixth(c *check) {
	c.graceAfter(store.TTLs{}, c.ttl*5/8, c.ttl*5/8+c.ttl/6)
}

func graceOfGapAndHeartbeat(c *check) {
	c.graceAfter(store.TTLs{Heartbeat: c.ttl / 32}, c.ttl*5/8, c.ttl*5/8+c.ttl/32)
}

func graceOfATTL(c *check) {
	c.graceAfter(store.TTLs{}, c.ttl*7/8, c.ttl*7/8+c.ttl/6)
}

// graceOfTheUsualTTL has workspaces with TTLs of their own, longer and shorter.
func graceOfTheUsualTTL(c *check) {
	for _, own := range []time.Duration{20 * c.ttl, c.ttl / 4} {
		c.openFor(ttlOf{"own": own}.forID)
		w := c.newWatch()
		w.setOnline("own", "usual")
		w.wantGrace(w.ttl)
		w.justAfter(w.in(w.ttl))
		w.wantNoGrace()
		w.gap(2 * w.ttl)
		w.wantGrace(w.ttl)
	}
}

func graceWithGrants(c *check) {
	for _, ttl := range []time.Duration{20 * c.ttl, c.ttl / 4} {
		c.open(store.TTLs{})
		g := c.granter()
		w := c.watched()
		g.setOnline("a", ttl)
		before, after := w.beginGrace(w.ttl * 5 / 8)
		for i, s := range after {
			w.wantGraceLeft(s, min(s.Now.Sub(before[i].Now)+w.ttl/6, w.ttl))
		}
		w.justAfter(w.in(w.ttl))
		w.wantNoGrace()
		g.setOnline("a", ttl)
		w.gap(2 * w.ttl)
		w.wantGrace(w.ttl)
	}
}

func graceOutlivesStore(c *check) {
	w := c.newWatch()
	w.setOnline("a")
	w.pass(w.ttl / 2)
	w.sweep()
	end := w.in(w.ttl)
	w.sweepAfter(w.in(w.ttl / 2))
	w.reopen(0)
	w.sweep()
	w.claim()
	w.justBefore(end)
	w.sweep()
	w.claim()
	w.sweepAfter(w.in(w.ttl))
	w.claim("a")
}
