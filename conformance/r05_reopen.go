package conformance

import (
	"context"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// reopenChecks are those of R5: what is known of deaths when the store is opened again.
func reopenChecks() []entry {
	return []entry{
		// There is a death in each state.
		{"R5", "deaths outlive the store, and tokens grow on", timed, func(c *check) {
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
		}},

		{"R5", "attempts outlive the store", timed, func(c *check) {
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
		}},

		{"R5", "acknowledgements outlive the store", timed, func(c *check) {
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
		}},

		{"R5", "deaths by Expire outlive the store", timed, func(c *check) {
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
		}},

		// A store whose data is of one process may end the leases and the delays with it.
		{"R5", "deaths are the same when the store is opened again", timed, func(c *check) {
			w := c.withDeaths("withdrawn")
			w.withdraw(w.claim("withdrawn")...)
			w.pass(w.ttl / 4)
			w.setOnline("delayed", "leased", "ready")
			w.sweepAfter(w.in(w.ttl))
			all := w.handOut("delayed", "leased", "ready", "withdrawn")
			w.release(w.ttl, all[0])
			w.release(0, all[2:]...)
			if w.has("Expire") {
				w.setOnline("expired")
				w.expirer().expire("expired")
			}
			before := w.pending()
			w.reopen(0)
			w.wantPending(sortedKeys(before)...)
			for id, p := range w.pending() {
				w.wantSame(p.Death, before[id].Death)
			}
			w.sweep()
			w.justAfter(w.in(w.ttl))
			for _, d := range w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long()}) {
				want := before[d.ID].Death
				want.Attempt++
				w.wantSame(d, want)
			}
		}},

		{"R5", "adopted deaths outlive the store, due as they were", timed, func(c *check) {
			w := c.watched()
			w.adopt(w.at(w.in(0)), "begun", "ready")
			due := w.in(4 * w.ttl)
			w.adopt(w.at(due), "back", "cleared", "delayed", "forgotten")
			w.justAfter(w.in(0))
			both := w.claim("begun", "ready")
			w.begin(both[0])
			w.release(0, both...)
			w.setOnline("back")
			w.clear("cleared")
			w.forget("forgotten")

			w.reopen(w.ttl / 4)
			w.wantPending("begun", "delayed", "ready")
			w.wantOnline("back")
			w.clear("back")
			w.sweep()
			w.sweepAfter(w.in(w.ttl))
			both = w.claim("begun", "ready")
			w.wantAttempt(2, both[0])
			w.wantAttempt(1, both[1])
			w.wantAdopted(true, both...)
			w.justBefore(due)
			w.sweep()
			w.claim()
			w.sweepAfter(due)
			last := w.claim("delayed")
			w.wantAdopted(true, last...)
			w.wantAttempt(1, last...)
			w.wantDeadline(last[0], due)
		}},

		// The former holder may be the holder still, until its lease ends.
		{"R5", "a death has one holder, whether or not a lease outlives the store", timed, func(c *check) {
			w := c.withDeaths("a")
			former := w.handOutFor(3*w.ttl, "a")
			w.reopen(0)
			w.sweep()
			w.sweepAfter(w.in(w.ttl))
			if w.extend(w.ttl, former...)[0] != driver.Lost {
				end := w.in(w.ttl)
				w.claim()
				w.sweepAfter(end)
			}
			next := w.handOut("a")
			w.wantAttempt(2, next...)
			w.wantTokensAbove(former, next)
			w.wantLost(former...)
			w.wantHeld(next...)
		}},

		// The leases, the delays and the recent workspaces are those of the stores that are open.
		{"R5", "a store that is opened beside others changes nothing for them", timed, func(c *check) {
			other := c.join()
			w := c.withDeaths("acknowledged", "delayed", "held")
			all := w.handOut("acknowledged", "delayed", "held")
			w.acknowledge(all[0])
			w.release(w.ttl, all[1])
			ready := w.in(w.ttl)
			own, newest := c.s, c.join()
			for _, c.s = range []store.LivenessStore{own, other, newest} {
				w.wantUnchanged(ready, all[2])
			}
			if c.s = own; c.h.Reopen != nil {
				w.reopen(0)
				w.sweep()
				w.wantUnchanged(ready, all[2])
			}
			w.sweepAfter(ready)
			w.claim("delayed")
		}},

		// The outage is so long that a grace follows.
		{"R5", "deaths, leases and delays outlast an outage", breakingTimed, func(c *check) {
			const late = 6 // TTLs, more than a grace and the time to reach the backend again
			w := c.withDeaths("delayed", "held")
			leased := w.handOut("delayed", "held")
			ready, due := w.in(late*w.ttl), w.in(late*w.ttl)
			w.release(late*w.ttl, leased[0])
			w.adopt(w.at(due), "adopted")
			before := w.sweepEach()
			w.outage(w.ttl*5/8, func(ctx context.Context) {
				all, err := w.reaper().Extend(ctx, leased[1:], w.long())
				w.wantAway("Extend", all != nil, err)
			})
			for i, s := range w.sweepEach() {
				w.wantGraceLeft(s, min(s.Now.Sub(before[i].Now)+w.ttl/6, w.ttl))
			}
			w.wantHeld(leased[1])
			w.wantHandedOut("held", 1)
			w.wantPending("adopted", "delayed", "held")
			w.wantPhase("delayed", driver.Delayed, ready)
			w.wantPhase("adopted", driver.Delayed, due)
			w.pass(w.ttl + w.after())
			w.sweep()
			w.claim()
			if w.passed > ready-w.before() {
				w.t.GiveUp()
			}
			w.sweepAfter(ready)
			both := w.claim("adopted", "delayed")
			w.wantAdopted(true, both[0])
			w.wantAttempt(2, both[1])
			w.acknowledge(leased[1])
			w.wantLost(leased[0])
		}},

		// Each lease is ended before the store is closed.
		{"R5", "tokens are greater than before the store was closed", timed, func(c *check) {
			ids := []string{"acknowledged", "cleared", "withdrawn"}
			w := c.withDeaths(ids...)
			for range 3 {
				w.release(0, w.claim(ids...)...)
			}
			former := w.claim(ids...)
			w.acknowledge(former...)
			w.clear("cleared")
			w.reopen(0)
			w.sweep()
			w.setOnline(ids...)
			w.sweepAfter(w.in(w.ttl))
			w.wantTokensAbove(former, w.claim(ids...))
		}},

		{"R5", "the end of a death outlives the store", timed, func(c *check) {
			w := c.watched()
			ends := map[string]string{
				"cleared": "Clear", "cleared-many": "ClearMany", "granted": "SetOnlineFor", "registered": "Register", "set": "SetOnline",
			}
			online := []string{"withdrawn"}
			for id, op := range ends {
				if !w.has(op) {
					delete(ends, id)
				} else if id[0] != 'c' {
					online = append(online, id)
				}
			}
			slices.Sort(online)
			ids := append(sortedKeys(ends), "forgotten", "withdrawn")
			w.die(ids...)
			for _, d := range w.claim(ids...) {
				switch d.ID {
				case "forgotten":
					w.release(0, d)
					w.forget(d.ID)
				case "withdrawn":
					w.withdraw(d)
				default:
					w.mustCall(ends[d.ID], d.ID)
				}
			}
			end := w.in(w.ttl)
			w.reopen(0)
			w.wantPending()
			w.sweep()
			w.wantOffline("cleared", "forgotten")
			w.justBefore(end)
			w.wantOnline(online...)
			w.justAfter(end)
			w.wantDetected(online...)
			w.wantPending(online...)
		}},

		{"R5", "a workspace whose deadline passed while the store was closed has a death", timed, func(c *check) {
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
		}},
	}
}

// wantUnchanged wants the three deaths of which one is held, one delayed and one
// acknowledged to be so still.
func (w *watch) wantUnchanged(ready time.Duration, held driver.Death) {
	w.claim()
	w.wantTally(tally{leased: 1, delayed: 1, recent: 3})
	w.wantPhase("delayed", driver.Delayed, ready)
	w.wantHeld(held)
	w.wantRecent(w.at(w.passed), []string{"acknowledged"}, "acknowledged")
}

func (w *watch) wantSame(got, want driver.Death) {
	near := func(a, b time.Time) bool { return w.near(a.Sub(b), 0) }
	if !near(got.Deadline, want.Deadline) || !near(got.Since, want.Since) || got.Attempt != want.Attempt ||
		got.Adopted != want.Adopted || got.Expired != want.Expired {
		w.fail("the death of %q is %+v after the store was opened again, want %+v", got.ID, got, want)
	}
}
