package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// deathsOutliveStore reopens the store with a death in each state.
func deathsOutliveStore(c *check) {
	ids := []string{"acknowledged", "back", "cleared", "leased", "released", "ready"}
	w := c.withDeaths(ids...)
	first := w.handOut(ids...)
	w.acknowledge(first[0])
	w.setOnline("back")
	w.clear("cleared")
	w.extend(w.ttl/4, first[3])
	w.release(0, first[4])
	w.release(w.ttl/4, first[5])

	w.reopen(0)
	w.wantPending("leased", "released", "ready")
	w.sweep()
	w.pass(w.ttl / 2)
	w.refresh("back")
	w.sweepAfter(w.in(w.ttl / 2))
	again := w.claim("leased", "ready", "released")
	w.wantAttempt(2, again...)
	w.wantTokensAbove(first, again)
	w.begin(again...)
	w.acknowledge(again...)
}

// wantTokensAbove wants each death to have a greater token than the one before.
func (w *watch) wantTokensAbove(before, after []driver.Death) {
	former := map[string]int64{}
	for _, d := range before {
		former[d.ID] = d.Token
	}
	for _, d := range after {
		if d.Token <= former[d.ID] {
			w.fail("the death of %q is leased with the token %d, after %d before the store was closed",
				d.ID, d.Token, former[d.ID])
		}
	}
}

func attemptsOutliveStore(c *check) {
	w := c.withDeaths("a", "b")
	w.release(0, w.handOut("a", "b")...)
	w.release(0, w.handOut("a", "b")...)
	w.release(0, w.claim("a", "b")...)
	w.reopen(0)
	w.wantHandedOut("a", 2)
	w.sweep()
	w.sweepAfter(w.in(w.ttl))
	w.cacheBoth("a")
	w.wantAttempt(3, w.handOut("a", "b")...)
	w.wantBoth("a")
}

func acknowledgementsOutliveStore(c *check) {
	w := c.withDeaths("a", "b")
	w.cacheBoth("b")
	leased := w.claim("a", "b")
	w.begin(leased[0])
	w.acknowledge(leased[0])
	w.reopen(0)
	w.sweep()
	w.wantNeither("a")
	w.wantBoth("b")
	w.wantPending("b")
	w.wantOffline("a", "b")
}

func expiredOutliveStore(c *check) {
	w := c.watched()
	e := w.expirer()
	w.setOnline("a", "b")
	e.expire("a")
	w.reopen(0)
	w.wantOffline("a")
	w.wantPending("a")
	w.sweep()
	w.pass(w.ttl / 2)
	w.refresh("b")
	w.sweepAfter(w.in(w.ttl / 2))
	d := w.claim("a")[0]
	w.wantExpired(true, d)
	w.wantAttempt(1, d)
}

func deadWhileClosed(c *check) {
	w := c.watched()
	w.setOnline("a", "b")
	w.sweep()
	w.justBefore(w.in(w.ttl))
	w.refresh("b")
	w.reopen(w.ttl / 2)
	w.sweep()
	w.refresh("b")
	w.wantPending("a")
	w.sweepAfter(w.in(w.ttl))
	w.claim("a", "b")
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

func unclaimedForADay(c *check) {
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

// graceIsNotCounted has half a day of gaps, and each makes a grace.
func graceIsNotCounted(c *check) {
	c.notCounted(func(w *watch, d time.Duration) {
		for end := w.in(d); w.passed < end; w.sweep() {
			w.gap(w.traits.Patience(w.interval) + w.after() + 1)
		}
	})
}

func forbiddenIsNotCounted(c *check) {
	c.notCounted(func(w *watch, d time.Duration) {
		w.forbid = true
		w.sweepSeldomUntil(w.in(d))
		w.forbid = false
	})
}

// handedOutIsKept wants a death that was handed out to be neither dropped nor
// forgotten, whatever its holder does.
func handedOutIsKept(c *check) {
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
}

func leasedIsKept(c *check) {
	w, day := c.keeping()
	w.die("a")
	leased := w.claim("a")
	w.sweepSeldomUntil(w.in(day + day/8))
	w.wantKeptLeased("a")
	w.begin(leased...)
}

func (w *watch) wantKeptLeased(id string) {
	if s := w.sweep(); s.Leased != 1 || s.Dropped != 0 {
		w.fail("Sweep returns Leased = %d and Dropped = %d, want 1 and 0, after %v", s.Leased, s.Dropped, w.passed)
	}
	w.wantPending(id)
}

// delayIsNotCounted has a death be delayed for half a day.
func delayIsNotCounted(c *check) {
	w, day := c.keeping()
	w.adopt(w.at(w.in(day/2)), "a")
	w.sweepSeldomUntil(w.in(day + day/4))
	w.wantKept(1, 0)
	w.sweepSeldomUntil(w.in(day / 2))
	w.wantDropped(1, 1)
}

// droppedLeavesURLs caches URLs until the death is dropped.
func droppedLeavesURLs(c *check) {
	w, day := c.keeping()
	w.die("a")
	w.sweepSeldomUntil(w.in(day - day/24))
	for end := w.in(day / 12); w.sweep().Dropped == 0 && w.passed < end; {
		w.cacheBoth("a")
		w.pass(w.urlTTL / 2)
	}
	w.wantDropped(1, 1)
	w.wantBoth("a")
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
