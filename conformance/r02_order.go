package conformance

import (
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// orderChecks are those of R2: which death is leased first, and which a claim leaves out.
func orderChecks() []entry {
	return []entry{
		{"R2", "the death that has been ready for the longest time is first", timed, func(c *check) {
			w := c.watched()
			shard, ids := w.inOneShard(4)
			for _, id := range ids {
				w.die(id)
			}
			w.pass(w.ttl / 4)
			first := w.wantOrder(shard, driver.ClaimOptions{}, ids[0], ids[1])
			w.release(0, first[1])
			w.pass(w.ttl / 4)
			w.release(0, first[0])
			w.wantOrder(shard, driver.ClaimOptions{}, ids[2], ids[3], ids[1], ids[0])
		}},

		{"R2", "deaths by Expire are before all others", timed, expiredFirst},

		{"R2", "Before leaves out the later deaths", timed, func(c *check) {
			w := c.watched()
			between := w.dieApart("early", "late")
			all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long(), Before: between})
			if got := idsOf(all); !slices.Equal(got, []string{"early"}) {
				w.fail("Claim with Before leases %q, want %q", got, "early")
			}
			w.claim("late")
		}},

		{"R2", "Before skips later deaths that have been ready for longer", timed, func(c *check) {
			w := c.watched()
			shard, ids := w.inOneShard(2)
			between := w.dieApart(ids[0], ids[1])
			w.release(w.ttl/4, w.claimFirst(shard, ids[0])...)
			w.justAfter(w.in(w.ttl / 4))
			w.wantOrder(shard, driver.ClaimOptions{Before: between}, ids[0])
			w.wantOrder(shard, driver.ClaimOptions{}, ids[1])
		}},

		{"R2", "Before leaves out none by Expire", timed, func(c *check) {
			w := c.watched()
			e := w.expirer()
			between := w.dieApart("early", "late")
			w.setOnline("expired")
			e.expire("expired")
			all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long(), Before: between})
			if got := idsOf(all); !slices.Equal(got, []string{"early", "expired"}) {
				w.fail("Claim with Before leases %q, want %q and %q", got, "early", "expired")
			}
			w.claim("late")
		}},

		{"R2", "Expired leaves out all that are not by Expire", timed, func(c *check) {
			w := c.watched()
			e := w.expirer()
			w.die("silent")
			w.setOnline("expired")
			e.expire("expired")
			all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long(), Expired: true})
			if got := idsOf(all); !slices.Equal(got, []string{"expired"}) {
				w.fail("Claim of the expired leases %q, want %q", got, "expired")
			}
			w.claim("silent")
		}},

		// Each way of giving a death back is tried.
		{"R2", "a death by Expire is one however often it is given back", timed, func(c *check) {
			w := c.watched()
			e := w.expirer()
			between := w.dieApart("early", "late")
			w.setOnline("expired")
			e.expire("expired")
			back := []func(d driver.Death){
				func(d driver.Death) { w.release(0, d) },
				func(d driver.Death) { w.justAfter(w.in(w.ttl / 4)) },
				func(d driver.Death) { w.release(w.ttl/4, d); w.justAfter(w.in(w.ttl / 4)) },
				func(d driver.Death) { w.begin(d); w.release(0, d) },
				func(d driver.Death) { w.begin(d); w.justAfter(w.in(w.ttl / 4)) },
			}
			for _, giveBack := range back {
				w.wantYielded("expired", driver.Ready)
				all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.ttl / 4, Before: between, Expired: true})
				if got := idsOf(all); !slices.Equal(got, []string{"expired"}) {
					w.fail("Claim of the expired leases %q, want %q, after %v", got, "expired", w.passed)
				}
				w.wantExpired(true, all...)
				w.wantYielded("expired", driver.Leased)
				giveBack(all[0])
			}
			all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long(), Before: between})
			if got := idsOf(all); !slices.Equal(got, []string{"early", "expired"}) {
				w.fail("Claim with Before leases %q, want %q and %q, after %v", got, "early", "expired", w.passed)
			}
		}},

		{"R2", "Before skips hundreds of later deaths that have been ready for longer", timed, func(c *check) {
			const most = 900 // a claim may end once it has left out 1,000
			shard, ids := c.crowdInOneShard()
			w := c.watched()
			early, later := ids[0], ids[1:min(len(ids), most)]
			w.die(early)
			w.release(w.ttl/2, w.claimFirst(shard, early)...)
			ready, between := w.in(w.ttl/2), w.at(w.in(w.ttl/8))
			w.adopt(w.at(w.in(w.ttl/4)), later...)
			w.sweepAfter(ready)
			w.wantOrder(shard, driver.ClaimOptions{Before: between}, early)
		}},
	}
}

// wantOrder claims one death at a time.
func (w *watch) wantOrder(shard int, o driver.ClaimOptions, ids ...string) (all []driver.Death) {
	o.Max, o.Lease = 1, w.long()
	for _, id := range ids {
		deaths := w.claimWith(shard, o)
		if got := idsOf(deaths); !slices.Equal(got, []string{id}) {
			w.fail("Claim leases %q, want %q of %q, after %v", got, id, ids, w.passed)
		}
		all = append(all, deaths...)
	}
	return all
}

// dieApart lets two workspaces die, half a TTL apart.
func (w *watch) dieApart(early, late string) (between time.Time) {
	w.setOnline(early)
	w.pass(w.ttl / 2)
	w.setOnline(late)
	between = w.at(w.in(w.ttl * 3 / 4))
	w.sweepAfter(w.in(w.ttl))
	return between
}

func (w *watch) claimFirst(shard int, id string) []driver.Death {
	return w.wantOrder(shard, driver.ClaimOptions{}, id)
}
