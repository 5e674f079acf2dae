package conformance

import (
	"fmt"
	"time"
)

// countChecks are those of R8: the counts of a sweep.
func countChecks() []entry {
	return []entry{
		{"R8", "a sweep counts the online, ready, fresh, leased, delayed and recent", timed, func(c *check) {
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
		}},

		{"R8", "a lease is counted until it ends, with a death or not", timed, func(c *check) {
			w := c.withDeaths("back", "dead")
			w.claimFor(w.ttl/4, "back", "dead")
			end := w.in(w.ttl / 4)
			w.setOnline("back")
			w.justBefore(end)
			w.wantTally(tally{online: 1, fresh: 1, leased: 2})
			w.justAfter(end)
			w.wantTally(tally{online: 1, ready: 1, fresh: 1})
		}},

		{"R8", "a later death is not ready while the former is leased", timed, func(c *check) {
			w, former := diedAgain(c)
			w.wantTally(tally{fresh: 1, leased: 1})
			w.acknowledge(former)
			w.wantTally(tally{ready: 1, fresh: 1})
		}},

		{"R8", "deaths that were never handed out are fresh", timed, func(c *check) {
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
		}},

		{"R8", "deaths by Expire are not fresh", timed, func(c *check) {
			w := c.watched()
			e := w.expirer()
			w.setOnline("a")
			e.expire("a")
			w.wantTally(tally{ready: 1})
		}},

		{"R8", "deaths are ready during a grace", timed, func(c *check) {
			w := c.newWatch()
			w.setOnline("a")
			w.pass(w.ttl / 2)
			w.sweep()
			w.justAfter(w.in(w.ttl / 2))
			w.wantTally(tally{ready: 1, fresh: 1})
			w.claim()
		}},

		{"R8", "the counts agree with the claims", timed, func(c *check) {
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
		}},

		{"R8", "hundreds are counted", timed, func(c *check) {
			w, ids := c.crowded()
			n := len(ids)
			w.wantTally(tally{ready: n, fresh: n})
			leased := w.claim(ids...)
			w.wantTally(tally{fresh: n, leased: n})
			w.catchUp()
			w.spread(n, func(i int) { w.begin(leased[i]) })
			w.wantTally(tally{leased: n, recent: n})
			w.release(w.long(), leased...)
			w.catchUp()
			online, _ := w.fill("online", smallCrowd)
			if s := w.sweep(); s.Delayed != n || s.Online != len(online) {
				w.fail("Sweep returns Delayed = %d and Online = %d, want %d and %d", s.Delayed, s.Online, n, len(online))
			}
		}},

		{"R8", "OldestReady is since when the oldest has been ready", timed, func(c *check) {
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
		}},

		{"R8", "OldestReady is the deadline, however late a sweep finds the death", timed, func(c *check) {
			w := c.watched()
			w.setOnline("a")
			end := w.in(w.ttl)
			w.justBefore(end)
			w.tick()
			w.gap(w.before() + w.ttl/4)
			w.wantOldest(end)
		}},

		{"R8", "adopted workspaces are delayed, and then ready", timed, func(c *check) {
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
		}},
	}
}

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

func (w *watch) wantFresh(want int) {
	if got := w.sweep().Fresh; got != want {
		w.fail("Sweep returns Fresh = %d, want %d, after %v", got, want, w.passed)
	}
}

func (w *watch) wantReady(want int) {
	if got := w.sweep().Ready; got != want {
		w.fail("Sweep returns Ready = %d, want %d, after %v", got, want, w.passed)
	}
}

// wantOldest allows for the time until a sweep detects a death.
func (w *watch) wantOldest(want time.Duration) {
	near := w.grain + w.slack + w.after()
	if got := w.sweep().OldestReady.Sub(w.epoch); got < want-near || got > want+near {
		w.fail("Sweep returns an OldestReady of %v after the story began, want %v (± %v)", got, want, near)
	}
}
