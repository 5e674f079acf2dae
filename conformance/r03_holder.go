package conformance

import (
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// holderChecks are those of R3.
func holderChecks() []entry {
	return []entry{
		{"R3", "a former holder has no effect", timed, func(c *check) {
			w := c.withDeaths("a")
			former := w.handOutFor(w.ttl/4, "a")
			w.justAfter(w.in(w.ttl / 4))
			present := w.claim("a")
			w.wantLost(former...)
			w.claim()
			w.wantHeld(present...)
			w.wantHandedOut("a", 1)
			w.begin(present...)
			w.acknowledge(present...)
			w.wantLost(former...)
			w.wantLost(present...)
		}},

		// Each call is made before another caller claims.
		{"R3", "a holder whose lease has ended is the holder until there is another", timed, func(c *check) {
			ids := []string{"acknowledges", "begins", "extends", "releases", "withdraws"}
			w := c.withDeaths(ids...)
			leased := w.claimFor(w.ttl/4, ids...)
			w.sweepAfter(w.in(w.ttl / 4))
			w.acknowledge(leased[0])
			w.begin(leased[1])
			w.wantHeld(leased[1], leased[2])
			w.release(w.ttl, leased[3])
			w.withdraw(leased[4])
			w.claim()
			w.wantOnline("withdraws")
			w.wantHeld(leased[1], leased[2])
			w.release(0, leased[1])
			w.wantAttempt(2, w.claim("begins")...)
		}},

		{"R3", "Extend begins the lease anew", timed, func(c *check) {
			w := c.withDeaths("a")
			for _, wait := range []time.Duration{w.ttl / 2, w.moment()} {
				first := w.in(w.ttl)
				leased := w.claimFor(w.ttl, "a")
				w.pass(wait)
				w.extend(w.ttl, leased...)
				second := w.in(w.ttl)
				w.justAfter(first)
				w.claim()
				w.justBefore(second)
				w.sweep()
				w.claim()
				w.justAfter(second)
			}
			w.claim("a")
		}},

		{"R3", "Extend may shorten the lease", timed, func(c *check) {
			w := c.withDeaths("a")
			leased := w.claim("a")
			w.extend(w.ttl/4, leased...)
			end := w.in(w.ttl / 4)
			w.justBefore(end)
			w.claim()
			w.justAfter(end)
			w.claim("a")
		}},

		{"R3", "hundreds of leases are extended in one call", timed, func(c *check) {
			w, ids := c.crowded()
			leased := w.claimFor(w.ttl, ids...)
			end := w.in(w.ttl)
			for i, s := range w.extend(w.long(), leased...) {
				w.wantStanding("Extend", leased[i], s, driver.Held)
			}
			w.catchUp()
			w.pass(max(0, end+w.after()-w.passed))
			w.sweep()
			w.claim()
			w.stopTiming()
			w.begin(leased...)
		}},

		// What is lost stands between the leases that go on.
		{"R3", "Extend answers in the order of the deaths, and extends what is not lost", timed, func(c *check) {
			ids := []string{"acknowledged", "back", "first", "last", "released"}
			w := c.withDeaths(ids...)
			all := w.claimFor(w.ttl/4, ids...)
			end := w.in(w.ttl / 4)
			acknowledged, back, first, last, released := all[0], all[1], all[2], all[3], all[4]
			w.acknowledge(acknowledged)
			w.setOnline("back")
			w.release(w.ttl, released)
			got := w.extend(w.long(), first, first, acknowledged, back, released, last)
			want := []driver.Standing{driver.Held, driver.Held, driver.Lost, driver.CameBack, driver.Lost, driver.Held}
			if !slices.Equal(got, want) {
				w.fail("Extend returns %v, want %v", got, want)
			}
			w.extend(w.long())
			w.sweepAfter(end)
			w.claim()
			w.wantCameBack(back)
			w.acknowledge(first, last)
		}},

		{"R3", "an acknowledged death is over", timed, func(c *check) {
			w := c.withDeaths("a", "b")
			leased := w.handOut("a", "b")
			w.acknowledge(leased[0])
			w.wantLost(leased[0])
			w.wantPending("b")
			w.pass(w.ttl)
			w.wantDetected()
			w.claim()
			w.wantHeld(leased[1])
			w.wantOffline("a", "b")
		}},

		{"R3", "a released death has no holder", timed, func(c *check) {
			w := c.withDeaths("a")
			leased := w.claim("a")
			w.release(0, leased...)
			w.wantLost(leased...)
			w.claim("a")
			w.wantLost(leased...)
		}},

		// A shard gives no token twice.
		{"R3", "the token of one death is none of another", timed, func(c *check) {
			w := c.watched()
			_, ids := w.inOneShard(4)
			w.die(ids...)
			slices.Sort(ids)
			all := w.claim(ids...)
			w.release(0, all[3])
			for _, d := range all[1:] {
				for _, other := range all {
					if d.ID != other.ID {
						d.Token = other.Token
						w.wantLost(d)
					}
				}
			}
			w.wantPending(ids...)
			w.wantHeld(all[:3]...)
			w.wantAttempt(1, w.claim(ids[3])...)
			w.begin(all[:3]...)
			w.acknowledge(all[:3]...)
		}},

		{"R3", "an unclaimed death has no holder", timed, func(c *check) {
			w := c.withDeaths("a")
			w.wantLost(driver.Death{ID: "a"}, driver.Death{ID: "a", Attempt: 1}, w.pending()["a"].Death, driver.Death{ID: "unknown", Token: 1})
			w.claim("a")
			w.wantLost(driver.Death{ID: "a"}, w.pending()["a"].Death)
		}},

		// Each attempt that is counted is one that a caller was told of.
		{"R3", "a Begin that races with a Release comes before or after it", timed, func(c *check) {
			const crowd = 20
			ids := names("crowd", crowd)
			w := c.withDeaths(ids...)
			leased := w.claim(ids...)
			begun := make([]bool, crowd)
			w.race(crowd,
				func(i int) { begun[i] = w.tryBegin(leased[i]) == driver.Held },
				func(i int) { w.release(0, leased[i]) })
			w.stopTiming()
			for i, d := range leased {
				w.wantHandedOut(d.ID, oneIf(begun[i]))
			}
			w.wantLost(leased...)
		}},

		// The lease has ended: either the holder is the holder still, or there is another.
		{"R3", "a call of the holder and the next claim are one after the other", timed, func(c *check) {
			calls := []func(w *watch, d driver.Death) (held bool){
				func(w *watch, d driver.Death) bool { return w.extend(w.long(), d)[0] == driver.Held },
				func(w *watch, d driver.Death) bool { return w.tryAcknowledge(d) },
				func(w *watch, d driver.Death) bool { return w.tryRelease(d, w.long()) },
				func(w *watch, d driver.Death) bool { return w.tryWithdraw(d) },
			}
			ids := names("crowd", 10*len(calls))
			w := c.withDeaths(ids...)
			former := w.claimFor(w.ttl/4, ids...)
			w.justAfter(w.in(w.ttl / 4))
			held := make([]bool, len(ids))
			next := w.claimsAgainst(len(ids), func(i int) { held[i] = calls[i%len(calls)](w, former[i]) })
			w.stopTiming()
			w.wantHeld(next...)
			for i, d := range former {
				if leased := slices.Contains(idsOf(next), d.ID); leased == held[i] {
					w.fail("the death of %q is leased to another: %t, and its former holder is told that it holds it: %t", d.ID, leased, held[i])
				}
			}
		}},
	}
}
