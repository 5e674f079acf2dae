package conformance

import (
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// adoptChecks are those of R7: Adopt.
func adoptChecks() []entry {
	return []entry{
		{"R7", "an adopted workspace is dead when it is due, unless it is heard from", timed, func(c *check) {
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
		}},

		{"R7", "a workspace that was due in the past is due at once", timed, func(c *check) {
			w := c.watched()
			w.adopt(w.at(w.in(-w.ttl/2)), "a", "b")
			w.justAfter(w.in(0))
			w.wantAdopted(true, w.claim("a", "b")...)
		}},

		{"R7", "a workspace that is adopted again is due as it was", timed, func(c *check) {
			w := c.watched()
			due := w.in(w.ttl / 2)
			w.adopt(w.at(due), "a")
			w.pass(w.ttl / 4)
			if recent := w.adopt(w.at(w.in(w.ttl)), "a"); len(recent) > 0 {
				w.fail("Adopt returns %q as recent, want none", recent)
			}
			w.sweepAfter(due)
			w.claim("a")
		}},

		{"R7", "an adopted workspace waits for the end of a grace", timed, func(c *check) {
			w := c.newWatch()
			w.sweep()
			end := w.in(w.ttl)
			w.adopt(w.at(w.in(w.ttl/4)), "a")
			w.sweepAfter(w.in(w.ttl / 4))
			w.claim()
			w.sweepAfter(end)
			w.claim("a")
		}},

		{"R7", "the living and the dead are not adopted", timed, func(c *check) {
			w := c.withDeaths("leased")
			leased := w.claim("leased")
			w.die("ready")
			w.setOnline("unseen")
			unseen := w.in(w.ttl)
			w.pass(w.ttl / 2)
			w.setOnline("online")
			end := w.in(w.ttl)
			dead := append(w.expired("expired"), "ready", "unseen")
			w.passUnswept(unseen)
			w.adopt(w.at(w.in(0)), append(dead, "leased", "online")...)
			w.wantHeld(leased...)
			w.wantOnline("online")
			w.sweep()
			w.wantPending(append(dead, "leased")...)
			known := w.claim(dead...)
			w.wantAdopted(false, known...)
			w.wantAttempt(1, known...)
			w.justAfter(end)
			w.wantDetected("online")
			w.wantAdopted(false, w.claim("online")...)
		}},

		{"R7", "workspaces that were acknowledged recently are not adopted, and returned", timed, func(c *check) {
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
		}},

		// Their ids are more than a megabyte.
		{"R7", "thousands are adopted and forgotten", timed, func(c *check) {
			w := c.watched()
			ids := longNames("crowd", c.many(adoptedCrowd))
			w.adopt(w.at(w.in(w.ttl/2)), ids...)
			w.stopTiming()
			w.wantPending(ids...)
			w.forget(ids...)
			w.wantPending()
		}},

		{"R7", "a comeback and an adoption are one after the other", timed, func(c *check) {
			ids := names("crowd", 30)
			w := c.watched()
			w.race(len(ids), func(i int) { w.adopt(w.at(w.passed), ids[i]) }, w.comeBack(ids))
			w.wantAlive(ids...)
		}},
	}
}

// wantRecent adopts the ids and wants these to be left alone as recent.
func (w *watch) wantRecent(due time.Time, want []string, ids ...string) {
	if got := w.adopt(due, ids...); !slices.Equal(got, want) {
		w.fail("Adopt returns %q as recent, want %q, after %v", got, want, w.passed)
	}
}
