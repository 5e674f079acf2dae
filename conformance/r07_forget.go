package conformance

import "time"

// forgetChecks are those of R7: Forget.
func forgetChecks() []entry {
	return []entry{
		{"R7", "hundreds are forgotten in one call, and adopted again", timed, func(c *check) {
			w, ids := c.crowded()
			w.stopTiming()
			w.forget(append(ids, ids[:10]...)...)
			w.wantPending()
			w.adopt(w.at(w.in(time.Hour)), append(ids, ids[:10]...)...)
			w.wantPending(ids...)
		}},

		{"R7", "Forget forgets the dead and leaves the living", timed, func(c *check) {
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
			gone := append(w.expired("expired"), "adopted", "delayed", "ready", "unseen")
			w.cacheBoth(append(gone, "online")...)
			w.forget(append(gone, "online", "unknown")...)
			w.wantNeither(gone...)
			w.wantBoth("online")
			w.wantOnline("online", "other")
			w.wantPending("adopted-too")
			w.justAfter(end)
			w.wantDetected("online", "other")
			w.claim("online", "other")
		}},

		{"R7", "Forget leaves deaths that are leased or were handed out", timed, func(c *check) {
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
		}},

		// The restart of the workspace has ended.
		{"R7", "Forget leaves workspaces whose death was handed out a moment ago", timed, func(c *check) {
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
		}},

		{"R7", "Forget leaves a later death while the former is held", timed, func(c *check) {
			w, former := diedAgain(c)
			w.forget("a")
			w.wantPending("a")
			w.acknowledge(former)
			w.forget("a")
			w.wantPending()
			w.claim()
		}},

		// A sweep has detected half of the deaths.
		{"R7", "a comeback and a Forget are one after the other", timed, func(c *check) {
			detected, unseen := names("detected", 15), names("unseen", 15)
			w := c.withDeaths(detected...)
			w.setOnline(unseen...)
			w.passUnswept(w.in(w.ttl))
			ids := append(detected, unseen...)
			w.race(len(ids), func(i int) { w.forget(ids[i]) }, w.comeBack(ids))
			w.wantAlive(ids...)
		}},
	}
}
