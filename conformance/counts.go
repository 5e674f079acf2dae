package conformance

import (
	"fmt"
	"time"
)

// tally is what a sweep counts.
type tally struct{ online, ready, fresh, leased, delayed, recent int }

func (t tally) String() string {
	return fmt.Sprintf("Online = %d, Ready = %d, Fresh = %d, Leased = %d, Delayed = %d, Recent = %d",
		t.online, t.ready, t.fresh, t.leased, t.delayed, t.recent)
}

// wantTally wants a sweep to count so many.
func (w *watch) wantTally(want tally) {
	s := w.sweep()
	if got := (tally{s.Online, s.Ready, s.Fresh, s.Leased, s.Delayed, s.Recent}); got != want {
		w.fail("Sweep returns %v; want %v, after %v", got, want, w.passed)
	}
}

func countsOfALife(c *check) {
	w := c.watched()
	w.wantTally(tally{})
	w.setOnline("acknowledged", "back", "cleared")
	w.wantTally(tally{online: 3})
	w.pass(w.ttl / 2)
	w.setOnline("alive")
	w.justAfter(w.in(w.ttl / 2))
	w.wantTally(tally{online: 1, ready: 3, fresh: 3})
	leased := w.claim("acknowledged", "back", "cleared")
	w.wantTally(tally{online: 1, fresh: 3, leased: 3})
	w.begin(leased...)
	w.wantTally(tally{online: 1, leased: 3, recent: 3})
	w.acknowledge(leased[0])
	w.wantTally(tally{online: 1, leased: 2, recent: 3})
	w.setOnline("back")
	w.wantTally(tally{online: 2, leased: 2, recent: 2})
	w.clear("cleared", "alive")
	w.wantTally(tally{online: 1, leased: 2, recent: 1})
	w.acknowledge(leased[1:]...)
	w.setOnline("acknowledged")
	w.wantTally(tally{online: 2})
}

// countsOfLeases wants a lease to be counted until it ends, with a death or not.
func countsOfLeases(c *check) {
	w := c.withDeaths("back", "dead")
	w.claimFor(w.ttl/4, "back", "dead")
	end := w.in(w.ttl / 4)
	w.setOnline("back")
	w.justBefore(end)
	w.wantTally(tally{online: 1, fresh: 1, leased: 2})
	w.justAfter(end)
	w.wantTally(tally{online: 1, ready: 1, fresh: 1})
}

func countsOfALaterDeath(c *check) {
	w, former := diedAgain(c)
	w.wantTally(tally{fresh: 1, leased: 1})
	w.acknowledge(former)
	w.wantTally(tally{ready: 1, fresh: 1})
}

// countsOfTheFresh wants deaths that were never handed out to be counted.
func countsOfTheFresh(c *check) {
	w := c.watched()
	w.adopt(w.at(w.in(w.ttl/2)), "adopted")
	w.wantTally(tally{delayed: 1})
	w.justAfter(w.in(w.ttl / 2))
	w.wantTally(tally{ready: 1, fresh: 1})
	w.begin(w.claim("adopted")...)
	w.wantTally(tally{leased: 1, recent: 1})
	w.die("a")
	w.release(w.ttl, w.claim("a")...)
	w.wantFresh(1)
	w.pass(w.ttl)
	w.release(0, w.claimAfter(0, "a")...)
	w.wantFresh(1)
	w.release(0, w.handOut("a")...)
	w.wantFresh(0)
}

func (w *watch) wantFresh(want int) {
	if got := w.sweep().Fresh; got != want {
		w.fail("Sweep returns Fresh = %d, want %d, after %v", got, want, w.passed)
	}
}

func expiredAreNotFresh(c *check) {
	w := c.watched()
	e := w.expirer()
	w.setOnline("a")
	e.expire("a")
	w.wantTally(tally{ready: 1})
}

func countsInAGrace(c *check) {
	w := c.newWatch()
	w.setOnline("a")
	w.pass(w.ttl / 2)
	w.sweep()
	w.justAfter(w.in(w.ttl / 2))
	w.wantTally(tally{ready: 1, fresh: 1})
	w.claim()
}

func countsAgreeWithClaims(c *check) {
	ids := names("crowd", 10)
	w := c.withDeaths(ids...)
	w.wantTally(tally{ready: 10, fresh: 10})
	leased := w.handOutFor(w.ttl/4, ids...)
	w.release(0, leased[:2]...)
	w.release(w.ttl, leased[2:4]...)
	w.wantTally(tally{ready: 2, leased: 6, delayed: 2, recent: 10})
	w.justAfter(w.in(w.ttl / 4))
	w.wantTally(tally{ready: 8, delayed: 2, recent: 10})
	w.justAfter(w.in(w.ttl))
	w.wantTally(tally{ready: 10})
	w.acknowledge(w.claim(ids...)...)
	w.wantReady(0)
}

func (w *watch) wantReady(want int) {
	if got := w.sweep().Ready; got != want {
		w.fail("Sweep returns Ready = %d, want %d, after %v", got, want, w.passed)
	}
}

// oldestReady wants a sweep to tell since when the oldest has been ready.
func oldestReady(c *check) {
	w := c.watched()
	if old := w.sweep().OldestReady; !old.IsZero() {
		w.fail("Sweep returns OldestReady = %v, want none", old)
	}
	w.die("a")
	first := w.passed - w.after()
	w.die("b")
	w.wantOldest(first)
	all := w.claim("a", "b")
	if old := w.sweep().OldestReady; !old.IsZero() {
		w.fail("Sweep returns OldestReady = %v while all are leased, want none", old)
	}
	w.release(0, all[1])
	w.wantOldest(w.passed)
}

// oldestFoundLate has a sweep find a death some time after its deadline.
func oldestFoundLate(c *check) {
	w := c.watched()
	w.setOnline("a")
	end := w.in(w.ttl)
	w.justBefore(end)
	w.tick()
	w.gap(w.before() + w.ttl/4)
	w.wantOldest(end)
}

// wantOldest allows for the time until a sweep detects a death.
func (w *watch) wantOldest(want time.Duration) {
	near := w.grain + w.slack + w.after()
	if got := w.sweep().OldestReady.Sub(w.epoch); got < want-near || got > want+near {
		w.fail("Sweep returns an OldestReady of %v after the story began, want %v (± %v)", got, want, near)
	}
}

func countsOfTheAdopted(c *check) {
	w := c.watched()
	w.adopt(w.at(w.in(w.ttl)), "heard", "silent")
	due := w.in(w.ttl)
	w.wantTally(tally{delayed: 2})
	w.justBefore(due)
	w.setOnline("heard")
	w.wantTally(tally{online: 1, delayed: 1})
	w.justAfter(due)
	w.wantTally(tally{online: 1, ready: 1, fresh: 1})
	w.forget("heard", "silent")
	w.wantTally(tally{online: 1})
}
