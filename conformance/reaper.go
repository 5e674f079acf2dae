package conformance

import (
	"cmp"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// reaperChecks are those of what driver.Reaper promises beside its clauses.
func reaperChecks() []entry {
	return []entry{
		{"Reaper", "a Reaper is found through a wrapper", timed, func(c *check) {
			c.newWatch()
			c.s = c.wrapped()
			w := c.withDeaths("a")
			w.acknowledge(w.claim("a")...)
		}},

		{"Reaper", "Traits returns the TTLs of the store", atOnce, func(c *check) {
			own := ttlOf{"own": c.ttl * 5 / 8}.forID
			for _, ttls := range []store.TTLs{{Heartbeat: c.ttl / 8}, {Liveness: 2 * c.ttl, URL: c.ttl}, {For: own}} {
				c.open(ttls)
				w := c.newWatch()
				if w.traits.Shards < 1 {
					w.fail("Traits returns %d shards, want 1 or more", w.traits.Shards)
				}
				want := ttls
				want.Liveness, want.URL = cmp.Or(ttls.Liveness, c.ttl), cmp.Or(ttls.URL, c.urlTTL)
				got := w.traits.TTLs
				if got.Liveness != want.Liveness || got.Heartbeat != want.Heartbeat || got.ForURL() != want.URL {
					w.fail("Traits returns the TTLs %+v, want %+v", got, want)
				}
				for _, id := range []string{"own", "usual"} {
					ttl, err := got.ForLiveness(id)
					if of, _ := want.ForLiveness(id); err != nil || ttl != of {
						w.fail("by the TTLs that Traits returns that of %q is %v, with the error %v, want %v", id, ttl, err, of)
					}
				}
			}
		}},

		// Every method looks for a workspace in the same shard.
		{"Reaper", "each workspace is in one shard", timed, func(c *check) {
			const crowd = 40
			w := c.watched()
			ids := names("crowd", crowd)
			w.setOnline(ids...)
			w.wantTally(tally{online: crowd})
			w.adopt(w.at(w.in(w.ttl)), "adopted-0", "adopted-1", "adopted-2")
			w.passUnswept(w.in(w.ttl))
			place := map[string]int{}
			for shard := range w.traits.Shards {
				for _, id := range w.sweepOne(shard).Detected {
					place[id] = shard
				}
			}
			w.stopTiming()
			if len(place) != crowd {
				w.fail("the shards together detect %d dead, want %d", len(place), crowd)
			}
			claimed := 0
			for shard := range w.traits.Shards {
				inShard := func(op, id string) {
					if want, found := place[id]; found && want != shard {
						w.fail("%s of shard %d returns %q, which a sweep of shard %d has detected", op, shard, id, want)
					}
				}
				for p, err := range w.reaper().Deaths(w.ctx, shard) {
					w.wantNil("Deaths", "", err)
					inShard("Deaths", p.ID)
				}
				for _, d := range w.claimShard(shard, driver.ClaimOptions{Max: 1000, Lease: w.long()}) {
					inShard("Claim", d.ID)
					claimed++
				}
			}
			if claimed != crowd+3 {
				w.fail("the shards together lease %d deaths, want %d", claimed, crowd+3)
			}
		}},

		{"Reaper", "arguments that can never work are refused", atOnce, func(c *check) {
			w := c.newWatch()
			n := w.traits.Shards
			refused := func(op string, err error) {
				w.wantError(op, "", err, store.ErrInvalid)
			}
			sweep := func(shard int, interval time.Duration) {
				_, err := w.reaper().Sweep(w.ctx, shard, driver.SweepOptions{Interval: interval})
				refused("Sweep", err)
			}
			claim := func(shard, most int, lease time.Duration) {
				_, err := w.reaper().Claim(w.ctx, shard, driver.ClaimOptions{Max: most, Lease: lease})
				refused("Claim", err)
			}
			for _, shard := range []int{-1, n} {
				sweep(shard, time.Second)
				claim(shard, 1, time.Second)
				_, err := w.reaper().Adopt(w.ctx, shard, []string{"a"}, time.Now())
				refused("Adopt", err)
				_, err = w.reaper().Note(w.ctx, shard, "", "new")
				refused("Note", err)
				for _, err = range w.reaper().Deaths(w.ctx, shard) {
				}
				refused("Deaths", err)
				if s, ok := store.As[driver.Sampler](w.s); ok {
					_, err = s.Sample(w.ctx, shard, 1)
					refused("Sample", err)
				}
			}
			for _, interval := range []time.Duration{0, -time.Second, store.MaxTTL + 1} {
				sweep(0, interval)
			}
			for _, most := range []int{0, -1} {
				claim(0, most, time.Second)
			}
			for _, lease := range []time.Duration{0, -time.Second, store.MinTTL - 1, store.MaxTTL + 1} {
				claim(0, 1, lease)
				_, err := w.reaper().Extend(w.ctx, nil, lease)
				refused("Extend", err)
			}
			for _, after := range []time.Duration{-1, store.MaxTTL + 1} {
				_, err := w.reaper().Release(w.ctx, driver.Death{ID: "a", Token: 1}, after)
				refused("Release", err)
			}
			if note, err := w.reaper().Note(w.ctx, 0, "", ""); note != "" || err != nil {
				w.fail("Note returns %q and the error %v, want nothing of a note that was refused", note, err)
			}
		}},

		{"Reaper", "many may work on one store", timed, func(c *check) {
			const callers, rounds = 8, 10
			ids := names("crowd", 30)
			w := c.withDeaths(ids...)
			w.stopTiming()
			all := reaperMethods(w.reaper())
			w.callers(callers+1, func(i int) {
				if i < callers {
					for j := range rounds {
						m := all[(i+j)%len(all)]
						if m.op != "Claim" && m.op != "Adopt" && m.op != "Forget" {
							w.wantNil(m.op, ids[i], m.do(w.ctx, ids[i]))
						}
					}
					return
				}
				w.acknowledge(w.handOut(ids...)...)
			})
			w.wantPending()
		}},
	}
}
