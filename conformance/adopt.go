package conformance

import (
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func adoptedUntilDue(c *check) {
	for _, wait := range []time.Duration{c.ttl / 2, 3 * c.ttl} {
		c.open(store.TTLs{})
		w := c.watched()
		due := w.in(wait)
		w.adopt(w.at(due), "cleared", "heard", "silent")
		w.clear("cleared")
		w.wantPending("heard", "silent")
		w.wantOffline("silent")
		w.justBefore(due)
		w.setOnline("heard")
		w.wantPending("silent")
		w.sweep()
		w.claim()
		w.sweepAfter(due)
		silent := w.claim("silent")
		w.wantAdopted(true, silent...)
		w.wantAttempt(1, silent...)
		w.begin(silent...)
		w.acknowledge(silent...)
		w.wantOnline("heard")
		w.sweepAfter(w.in(w.ttl))
		w.wantAdopted(false, w.claim("heard")...)
	}
}

func adoptedInThePast(c *check) {
	w := c.watched()
	w.adopt(w.at(w.in(-w.ttl/2)), "a", "b")
	w.justAfter(w.in(0))
	w.wantAdopted(true, w.claim("a", "b")...)
}

// adoptedAgain wants the first time to count.
func adoptedAgain(c *check) {
	w := c.watched()
	due := w.in(w.ttl / 2)
	w.adopt(w.at(due), "a")
	w.pass(w.ttl / 4)
	if recent := w.adopt(w.at(w.in(w.ttl)), "a"); len(recent) > 0 {
		w.fail("Adopt returns %q as recent, want none", recent)
	}
	w.sweepAfter(due)
	w.claim("a")
}

func adoptedInAGrace(c *check) {
	w := c.newWatch()
	w.sweep()
	end := w.in(w.ttl)
	w.adopt(w.at(w.in(w.ttl/4)), "a")
	w.sweepAfter(w.in(w.ttl / 4))
	w.claim()
	w.sweepAfter(end)
	w.claim("a")
}

// adoptLeavesTheKnown adopts workspaces that are online, or dead already.
func adoptLeavesTheKnown(c *check) {
	w := c.withDeaths("leased")
	leased := w.claim("leased")
	w.die("ready")
	w.setOnline("unseen")
	unseen := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.setOnline("online")
	end := w.in(w.ttl)
	w.passUnswept(unseen)
	w.adopt(w.at(w.in(0)), "leased", "online", "ready", "unseen")
	w.wantHeld(leased...)
	w.wantOnline("online")
	w.sweep()
	w.wantPending("leased", "ready", "unseen")
	known := w.claim("ready", "unseen")
	w.wantAdopted(false, known...)
	w.wantAttempt(1, known...)
	w.justAfter(end)
	w.wantDetected("online")
	w.wantAdopted(false, w.claim("online")...)
}

func adoptLeavesTheRecent(c *check) {
	w := c.withDeaths("acknowledged", "back", "cleared")
	w.acknowledge(w.handOut("acknowledged", "back", "cleared")...)
	end := w.in(w.ttl)
	w.setOnline("back")
	w.clear("back", "cleared")
	w.justBefore(end)
	w.wantRecent(w.at(w.in(0)), []string{"acknowledged"}, "acknowledged", "back", "cleared", "other")
	w.wantPending("back", "cleared", "other")
	w.justAfter(end)
	w.wantRecent(w.at(w.in(0)), nil, "acknowledged")
	w.wantPending("acknowledged", "back", "cleared", "other")
}

// wantRecent adopts the ids and wants these to be left alone as recent.
func (w *watch) wantRecent(due time.Time, want []string, ids ...string) {
	if got := w.adopt(due, ids...); !slices.Equal(got, want) {
		w.fail("Adopt returns %q as recent, want %q, after %v", got, want, w.passed)
	}
}

func adoptsMany(c *check) {
	w := c.watched()
	ids := names("crowd", c.many(largeCrowd))
	w.adopt(w.at(w.in(w.ttl/2)), ids...)
	w.stopTiming()
	w.wantPending(ids...)
	w.forget(ids...)
	w.wantPending()
}

func (w *watch) wantAdopted(want bool, deaths ...driver.Death) {
	for _, d := range deaths {
		if d.Adopted != want {
			w.fail("the death of %q is leased with Adopted = %t, want %t", d.ID, d.Adopted, want)
		}
	}
}

// forgetForgetsTheDead forgets workspaces in each state.
func forgetForgetsTheDead(c *check) {
	w := c.withDeaths("delayed", "ready")
	both := w.claim("delayed", "ready")
	w.release(w.long(), both[0])
	w.release(0, both[1])
	w.setOnline("unseen")
	unseen := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.setOnline("online", "other")
	end := w.in(w.ttl)
	w.adopt(w.at(w.in(w.long())), "adopted", "adopted-too")
	w.passUnswept(unseen)
	gone := []string{"adopted", "delayed", "ready", "unseen"}
	w.cacheBoth(append(gone, "online")...)
	w.forget(append(gone, "online", "unknown")...)
	w.wantNeither(gone...)
	w.wantBoth("online")
	w.wantOnline("online", "other")
	w.wantPending("adopted-too")
	w.justAfter(end)
	w.wantDetected("online", "other")
	w.claim("online", "other")
}

func forgetLeavesTheHandedOut(c *check) {
	w := c.withDeaths("leased", "held", "released")
	w.claimFor(w.ttl/2, "leased", "held", "released")
	w.forget("leased", "held", "released")
	w.wantPending("leased", "held", "released")
	w.sweepAfter(w.in(w.ttl / 2))
	all := w.handOut("held", "leased", "released")
	w.release(0, all[2])
	w.cacheBoth("released")
	w.forget("leased", "held", "released")
	w.wantPending("leased", "held", "released")
	w.wantHeld(all[:2]...)
	w.wantBoth("released")
	w.wantAttempt(2, w.claim("released")...)
}

// forgetLeavesTheRecent forgets a workspace whose restart has ended.
func forgetLeavesTheRecent(c *check) {
	w := c.withDeaths("a")
	w.acknowledge(w.handOut("a")...)
	end := w.in(w.ttl)
	w.cacheBoth("a")
	w.forget("a")
	w.wantBoth("a")
	w.wantTally(tally{recent: 1})
	w.wantRecent(w.at(w.in(0)), []string{"a"}, "a")
	w.justAfter(end)
	w.forget("a")
	w.wantNeither("a")
}

// forgetLeavesTheLaterDeath forgets a workspace whose former death is held.
func forgetLeavesTheLaterDeath(c *check) {
	w, former := diedAgain(c)
	w.forget("a")
	w.wantPending("a")
	w.acknowledge(former)
	w.forget("a")
	w.wantPending()
	w.claim()
}
