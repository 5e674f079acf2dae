package conformance

import (
	"slices"

	"github.com/molecule-ai/liveness/store/driver"
)

// raceChecks are those of R4: a comeback, or a Clear, and a call about the death at once.
func raceChecks() []entry {
	return []entry{
		{"R4", "a comeback and an acknowledgement are one after the other", timed, func(c *check) {
			c.backAgainst(func(w *watch, d driver.Death) { w.acknowledge(d) })
		}},

		{"R4", "a comeback and a release are one after the other", timed, func(c *check) {
			c.backAgainst(func(w *watch, d driver.Death) { w.release(0, d) })
		}},

		{"R4", "a comeback and a withdrawal are one after the other", timed, func(c *check) {
			c.backAgainst(func(w *watch, d driver.Death) { w.withdraw(d) })
		}},

		// The URLs are forgotten only where the death was handed out.
		{"R4", "a comeback and a hand-out are one after the other", timed, func(c *check) {
			const crowd = 30
			ids := names("crowd", crowd)
			w := c.withDeaths(ids...)
			leased := w.claim(ids...)
			w.cacheBoth(ids...)
			standings := make([]driver.Standing, crowd)
			w.race(crowd, func(i int) { standings[i] = w.tryBegin(leased[i]) }, w.comeBack(ids))
			for i, d := range leased {
				switch standings[i] {
				case driver.Held:
					w.wantNeither(d.ID)
				case driver.CameBack:
					w.wantBoth(d.ID)
				default:
					w.fail("Begin of the death of %q reports %q to its holder", d.ID, standings[i])
				}
			}
			w.wantOnline(ids...)
			w.wantPending()
			w.wantCameBack(leased...)
		}},

		// A lease that is extended at that moment lasts.
		{"R4", "a comeback and an extension are one after the other", timed, func(c *check) {
			const crowd = 30
			ids := names("crowd", crowd)
			w := c.withDeaths(ids...)
			leased := w.claimFor(w.ttl/4, ids...)
			end := w.in(w.ttl / 4)
			w.race(crowd, func(i int) {
				if s := w.extend(w.long(), leased[i])[0]; s == driver.Lost {
					w.fail("Extend of the death of %q reports %q to its holder", leased[i].ID, s)
				}
			}, w.comeBack(ids))
			w.justAfter(end)
			w.wantOnline(ids...)
			w.wantCameBack(leased...)
		}},

		{"R4", "a comeback and a sweep are one after the other", timed, func(c *check) {
			ids := names("crowd", 30)
			w := c.undetected(ids...)
			w.race(len(ids), func(int) { w.sweepOnce() }, w.comeBack(ids))
			w.wantAlive(ids...)
		}},

		// Each claim takes one of the deaths.
		{"R4", "a comeback and a claim are one after the other", timed, func(c *check) {
			ids := names("crowd", 30)
			w := c.withDeaths(ids...)
			leased := w.claimsAgainst(len(ids), w.comeBack(ids))
			w.wantAlive(ids...)
			w.wantCameBack(leased...)
		}},

		{"R4", "a Clear and a call of the holder are one after the other", timed, func(c *check) {
			calls := []func(w *watch, d driver.Death){
				func(w *watch, d driver.Death) { w.acknowledge(d) },
				func(w *watch, d driver.Death) { w.release(0, d) },
				func(w *watch, d driver.Death) { w.withdraw(d) },
				func(w *watch, d driver.Death) { w.tryBegin(d) },
				func(w *watch, d driver.Death) { w.extend(w.long(), d) },
			}
			ids := names("crowd", 8*len(calls))
			w := c.withDeaths(ids...)
			leased := w.claim(ids...)
			w.race(len(ids), func(i int) { calls[i%len(calls)](w, leased[i]) }, w.clearOne(ids))
			w.wantGone(ids...)
		}},

		{"R4", "a Clear and a sweep are one after the other", timed, func(c *check) {
			ids := names("crowd", 30)
			w := c.undetected(ids...)
			w.race(len(ids), func(int) { w.sweepOnce() }, w.clearOne(ids))
			w.wantGone(ids...)
		}},

		{"R4", "a Clear and a claim are one after the other", timed, func(c *check) {
			ids := names("crowd", 30)
			w := c.withDeaths(ids...)
			leased := w.claimsAgainst(len(ids), w.clearOne(ids))
			w.wantGone(ids...)
			w.wantCameBack(leased...)
		}},
	}
}

// race calls both functions about each of n workspaces at once. Each of them is called
// first for half of these.
func (w *watch) race(n int, one, other func(i int)) {
	w.spread(2*n, func(call int) {
		if i := call / 2; (call+i)%2 == 0 {
			one(i)
		} else {
			other(i)
		}
	})
}

// comeBack returns a function that brings one of the workspaces back.
func (w *watch) comeBack(ids []string) func(i int) {
	return func(i int) { w.setOnline(ids[i]) }
}

// clearOne returns a function that clears one of the workspaces.
func (w *watch) clearOne(ids []string) func(i int) { return func(i int) { w.clear(ids[i]) } }

// backAgainst lets workspaces come back while a call of their holder runs: each
// call comes before the comeback or after it.
func (c *check) backAgainst(call func(w *watch, d driver.Death)) {
	const crowd = 30
	ids := names("crowd", crowd)
	w := c.withDeaths(ids...)
	leased := w.claim(ids...)
	w.race(crowd, func(i int) { call(w, leased[i]) }, w.comeBack(ids))
	w.wantAlive(ids...)
}

// claimsAgainst makes n claims of a death each, at once with n other calls.
func (w *watch) claimsAgainst(n int, other func(i int)) []driver.Death {
	claims := make([][]driver.Death, n)
	w.race(n, func(i int) { claims[i] = w.claimOne() }, other)
	return slices.Concat(claims...)
}

// claimOne claims a death of each shard.
func (w *watch) claimOne() (leased []driver.Death) {
	for shard := range w.traits.Shards {
		leased = append(leased, w.claimWith(shard, driver.ClaimOptions{Max: 1, Lease: w.long()})...)
	}
	return leased
}

// undetected has workspaces whose deadline has passed since the last sweep.
func (c *check) undetected(ids ...string) *watch {
	w := c.watched()
	w.setOnline(ids...)
	w.passUnswept(w.in(w.ttl))
	return w
}

// sweepOnce sweeps every shard, in turns with other callers.
func (w *watch) sweepOnce() {
	for shard := range w.traits.Shards {
		w.sweepWith(shard, driver.SweepOptions{Interval: w.interval})
	}
}

// wantAlive wants the workspaces to be online, and no death.
func (w *watch) wantAlive(ids ...string) {
	w.wantOnline(ids...)
	w.wantPending()
	w.claim()
}

// wantGone wants the workspaces to be offline, and no death.
func (w *watch) wantGone(ids ...string) {
	w.wantOffline(ids...)
	w.sweep()
	w.wantPending()
	w.claim()
}
