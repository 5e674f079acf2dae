package conformance

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// claimChecks are those of R2: leases, delays, attempts, tokens.
func claimChecks() []entry {
	return []entry{
		{"R2", "a death is leased to one caller", timed, func(c *check) {
			w := c.withDeaths("a", "b")
			w.claim("a", "b")
			w.claim()
			w.sweep()
			w.claim()
		}},

		{"R2", "claimers at once share the dead", timed, func(c *check) {
			const claimers, crowd, most = 8, 500, 7
			w := c.watched()
			ids, _ := w.fill("crowd", crowd)
			w.sweepAfter(w.in(w.ttl))
			w.stopTiming()
			var mu sync.Mutex
			times := map[string]int{}
			w.callers(claimers, func(int) {
				for shard := 0; shard < w.traits.Shards; {
					deaths := w.claimWith(shard, driver.ClaimOptions{Max: most, Lease: w.long()})
					if len(deaths) == 0 {
						shard++
					}
					for _, d := range deaths {
						mu.Lock()
						times[d.ID]++
						twice := times[d.ID] > 1
						mu.Unlock()
						if twice {
							w.fail("the death of %q is leased twice", d.ID)
						}
						w.begin(d)
						w.acknowledge(d)
					}
				}
			})
			w.wantEachOnce("leased", times, ids)
			w.wantPending()
		}},

		{"R2", "a death is ready again when its lease has ended", timed, func(c *check) {
			w := c.withDeaths("a")
			for range 3 {
				end := w.in(w.ttl / 2)
				w.claimFor(w.ttl/2, "a")
				w.justBefore(end)
				w.claim()
				w.justAfter(end)
			}
			w.claim("a")
		}},

		{"R2", "a death that was released until later is delayed", timed, func(c *check) {
			w := c.withDeaths("a")
			w.release(w.ttl/2, w.claim("a")...)
			end := w.in(w.ttl / 2)
			w.claim()
			w.justBefore(end)
			w.sweep()
			w.claim()
			w.justAfter(end)
			w.claim("a")
		}},

		{"R2", "a death that was released at once is ready at once", timed, func(c *check) {
			w := c.withDeaths("a", "b")
			for range 5 {
				w.release(0, w.claim("a", "b")...)
			}
			w.claim("a", "b")
		}},

		{"R2", "attempts count hand-outs, not claims", timed, func(c *check) {
			w := c.withDeaths("a")
			for attempt := 1; attempt <= 4; attempt++ {
				leased := w.claim("a")
				w.wantAttempt(attempt, leased...)
				w.wantHandedOut("a", attempt-1)
				w.release(0, leased...)
				leased = w.handOutFor(w.ttl/4, "a")
				w.wantAttempt(attempt, leased...)
				w.wantHandedOut("a", attempt)
				if attempt%2 == 0 {
					w.release(0, leased...)
				} else {
					w.justAfter(w.in(w.ttl / 4))
				}
			}
		}},

		{"R2", "each hand-out under one lease is an attempt", timed, func(c *check) {
			w := c.withDeaths("a")
			leased := w.claim("a")
			for attempt := 1; attempt <= 3; attempt++ {
				w.begin(leased...)
				w.wantHandedOut("a", attempt)
			}
			w.release(0, leased...)
			w.wantAttempt(4, w.claim("a")...)
		}},

		// Deaths are claimed together and one after another.
		{"R2", "tokens grow with every claim", timed, func(c *check) {
			ids := names("dead", 6)
			w := c.withDeaths(ids...)
			shards := w.shardOf(ids...)
			last := map[int]int64{}
			for range 3 {
				all := w.claim(ids...)
				slices.SortFunc(all, func(a, b driver.Death) int { return cmp.Compare(a.Token, b.Token) })
				for _, d := range all {
					if d.Token <= last[shards[d.ID]] {
						w.fail("the death of %q is leased with the token %d, after %d in its shard", d.ID, d.Token, last[shards[d.ID]])
					}
				}
				for _, d := range all {
					if d.Token == last[shards[d.ID]] {
						w.fail("two deaths of a shard are leased with the token %d", d.Token)
					}
					last[shards[d.ID]] = d.Token
				}
				w.release(0, all...)
			}
		}},

		{"R2", "a claim leases no more deaths than were asked for, and not none", timed, func(c *check) {
			const dead = 20
			for _, most := range []int{1, 3} {
				c.open(store.TTLs{})
				ids := names("crowd", dead)
				w := c.withDeaths(ids...)
				times := map[string]int{}
				for _, d := range w.claimAll(driver.ClaimOptions{Max: most, Lease: w.long()}) {
					times[d.ID]++
				}
				w.wantEachOnce("leased", times, ids)
			}
		}},

		{"R2", "a death has its deadline", timed, func(c *check) {
			w := c.watched()
			w.setOnline("refreshed", "silent")
			silent := w.in(w.ttl)
			w.pass(w.ttl / 2)
			w.refresh("refreshed")
			refreshed := w.in(w.ttl)
			w.sweepAfter(silent)
			w.wantDeadline(w.claim("silent")[0], silent)
			w.sweepAfter(refreshed)
			w.wantDeadline(w.claim("refreshed")[0], refreshed)
		}},

		// The sweep comes long after two workspaces were registered. One of them was heard from
		// until lately.
		{"R2", "a death that no sweep saw is dated by at most a TTL too early", timed, func(c *check) {
			w := c.watched()
			beats := map[string]func(string){
				"early": func(id string) { w.refresh(id) },
				"late":  func(id string) { w.refresh(id) },
			}
			w.setOnline(sortedKeys(beats)...)
			w.hear(beats, w.ttl/2)
			ends := map[string]time.Duration{"early": w.in(w.ttl)}
			delete(beats, "early")
			w.hear(beats, 3*w.ttl)
			ends["late"] = w.in(w.ttl)
			w.gap(w.ttl + w.after())
			latest := w.passed - w.ttl
			w.sweep()
			w.justAfter(w.in(w.ttl))
			near := w.grain + w.slack
			for _, d := range w.claim(sortedKeys(ends)...) {
				end := ends[d.ID]
				if got := d.Deadline.Sub(w.epoch); got < end-w.ttl-near || got > max(end, latest)+near {
					w.fail("the deadline of a death that no sweep saw is %v after the story began, want %v to %v", got, end-w.ttl, max(end, latest))
				}
				if d.Since.Before(d.Deadline) {
					w.fail("Since of a first death is %v, want its deadline, %v", d.Since, d.Deadline)
				}
			}
		}},

		// Those that are too long to be waited for are looked at.
		{"R2", "leases and delays of any length end at their time", timed, func(c *check) {
			lengths := slices.DeleteFunc(c.extremeTTLs(), func(d time.Duration) bool { return d <= 2*c.after() })
			slices.Reverse(lengths) // a short one would be ready before the long ones are leased
			n := len(lengths)
			leased, extended, delayed, adopted := names("leased", n), names("extended", n), names("delayed", n), names("adopted", n)
			w := c.withDeaths(slices.Concat(leased, extended, delayed)...)
			held := map[string]driver.Death{}
			for _, d := range w.claim(slices.Concat(leased, extended, delayed)...) {
				held[d.ID] = d
			}
			phases := map[string]driver.Phase{}
			ends := make([]time.Duration, n)
			ids := make([][]string, n)
			for i, d := range lengths {
				w.release(0, held[leased[i]])
				w.claimFor(d, leased[i])
				w.extend(d, held[extended[i]])
				w.release(d, held[delayed[i]])
				w.adopt(w.at(w.in(d)), adopted[i])
				ends[i], ids[i] = w.in(d), []string{leased[i], extended[i], delayed[i], adopted[i]}
				phases[leased[i]], phases[extended[i]] = driver.Leased, driver.Leased
				phases[delayed[i]], phases[adopted[i]] = driver.Delayed, driver.Delayed
			}
			w.giveUpIfLate()
			for i := n - 1; i >= 0; i-- {
				for _, id := range ids[i] {
					w.wantPhase(id, phases[id], ends[i])
				}
			}
			for i := n - 1; i >= 0 && w.canAwait(lengths[i]); i-- {
				w.justBefore(ends[i])
				w.claim()
				w.sweepAfter(ends[i])
				w.claim(ids[i]...)
			}
			w.claim()
		}},
	}
}
