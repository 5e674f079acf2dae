package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// graceChecks are those of R6: how long a grace lasts, and what waits for its end.
func graceChecks() []entry {
	return []entry{
		{"R6", "the first sweep begins a grace of a TTL, in which the dead are detected and not leased", timed, func(c *check) {
			w := c.newWatch()
			w.setOnline("a")
			died := w.in(w.ttl)
			w.pass(w.ttl / 2)
			before := w.sweepEach()
			end := w.in(w.ttl)
			for _, s := range before {
				w.wantGraceLeft(s, w.ttl)
			}
			w.justAfter(died)
			w.claim()
			w.wantDetected("a")
			w.wantPending("a")
			w.claim()
			for i, s := range w.sweepEach() {
				if moved := s.GraceEnd.Sub(before[i].GraceEnd); moved < -w.grain || moved > w.grain {
					w.fail("a sweep during a grace moves its end by %v", moved)
				}
			}
			w.justBefore(end)
			w.claim()
			w.justAfter(end)
			w.wantNoGrace()
			w.claim("a")
		}},

		{"R6", "a death by Expire is not leased during a grace", timed, func(c *check) {
			w := c.newWatch()
			e := w.expirer()
			w.setOnline("a")
			w.sweep()
			end := w.in(w.ttl)
			e.expire("a")
			w.wantOffline("a")
			w.claim()
			w.sweep()
			w.wantNone(driver.ClaimOptions{Max: 10, Lease: w.long(), Expired: true})
			w.justBefore(end)
			w.claim()
			w.sweepAfter(end)
			w.claim("a")
		}},

		// Only claims have to wait.
		{"R6", "a holder goes on during a grace", timed, func(c *check) {
			w := c.withDeaths("a", "b")
			leased := w.claim("a", "b")
			w.gap(w.ttl * 3 / 4)
			w.sweep()
			w.begin(leased...)
			w.acknowledge(leased[0])
			w.release(0, leased[1])
			w.claim()
		}},

		{"R6", "a gap begins a grace of the gap and a sixth of the TTL", timed, func(c *check) {
			c.graceAfter(store.TTLs{}, c.ttl*5/8, c.ttl*5/8+c.ttl/6)
		}},

		{"R6", "a gap begins a grace of the gap and a heartbeat", timed, func(c *check) {
			c.graceAfter(store.TTLs{Heartbeat: c.ttl / 32}, c.ttl*5/8, c.ttl*5/8+c.ttl/32)
		}},

		{"R6", "a long gap begins a grace of a TTL", timed, func(c *check) {
			c.graceAfter(store.TTLs{}, c.ttl*7/8, c.ttl*7/8+c.ttl/6)
		}},

		// The TTLs are longer than the usual one, and shorter.
		{"R6", "the TTLs of single workspaces change no grace", timed, func(c *check) {
			for _, own := range []time.Duration{20 * c.ttl, c.ttl / 4} {
				c.openFor(ttlOf{"own": own}.forID)
				w := c.newWatch()
				w.setOnline("own", "usual")
				w.wantGrace(w.ttl)
				w.justAfter(w.in(w.ttl))
				w.wantNoGrace()
				w.gap(2 * w.ttl)
				w.wantGrace(w.ttl)
			}
		}},

		{"R6", "the TTLs of single calls change no grace", timed, func(c *check) {
			for _, ttl := range []time.Duration{20 * c.ttl, c.ttl / 4} {
				c.open(store.TTLs{})
				g := c.granter()
				w := c.watched()
				g.setOnline("a", ttl)
				before, after := w.beginGrace(w.ttl * 5 / 8)
				for i, s := range after {
					w.wantGraceLeft(s, min(s.Now.Sub(before[i].Now)+w.ttl/6, w.ttl))
				}
				w.justAfter(w.in(w.ttl))
				w.wantNoGrace()
				g.setOnline("a", ttl)
				w.gap(2 * w.ttl)
				w.wantGrace(w.ttl)
			}
		}},

		{"R6", "a grace outlives the store, in each shard", timed, func(c *check) {
			ids := names("dead", 12)
			w := c.newWatch()
			w.setOnline(ids...)
			w.pass(w.ttl / 2)
			w.sweep()
			end := w.in(w.ttl)
			w.sweepAfter(w.in(w.ttl / 2))
			w.reopen(0)
			w.sweep()
			w.claim()
			w.justBefore(end)
			w.sweep()
			w.claim()
			w.sweepAfter(w.in(w.ttl))
			w.claim(ids...)
		}},

		// The first shard alone is swept for more than a TTL.
		{"R6", "each shard has ticks and a grace of its own", timed, func(c *check) {
			w := c.watched()
			crowd := names("dead", 40)
			w.adopt(w.at(w.passed), crowd...)
			var ready, waiting []string
			for id, shard := range w.shardOf(crowd...) {
				if shard == 0 {
					ready = append(ready, id)
				} else {
					waiting = append(waiting, id)
				}
			}
			w.catchUp()
			last, patience := w.seen[0], w.traits.Patience(w.interval)
			for end := w.in(w.ttl + w.ttl/8); w.passed < end; last = w.seen[0] {
				w.gap(w.pause)
				s := w.sweepOne(0)
				if w.slack > 0 && s.Now.Sub(last) > patience {
					w.t.GiveUp()
				}
				if s.GraceEnd.After(s.Now) {
					w.fail("Sweep of the shard that is swept all the time says that a grace lasts for %v, want none", s.GraceEnd.Sub(s.Now))
				}
			}
			for shard := 1; shard < w.traits.Shards; shard++ {
				w.wantGraceLeft(w.sweepOne(shard), w.ttl)
			}
			w.claim(ready...)
			w.began = time.Time{} // the shards were swept one by one
			w.catchUp()
			w.sweepAfter(w.in(w.ttl))
			w.claim(waiting...)
		}},

		{"R6", "a grace outlasts an outage", breakingTimed, func(c *check) {
			w := c.newWatch()
			before := w.sweepEach()
			end := w.in(w.ttl)
			w.adopt(w.at(w.passed), "a")
			w.outage(0, func(ctx context.Context) {
				_, err := w.reaper().Note(ctx, 0, "", "")
				w.wantAway("Note", false, err)
			})
			for i, s := range w.sweepEach() {
				if early := before[i].GraceEnd.Sub(s.GraceEnd); early > w.grain {
					w.fail("an outage ends a grace %v early", early)
				}
			}
			if w.passed > end-w.before() {
				w.t.GiveUp()
			}
			w.claim()
		}},
	}
}

func (w *watch) wantNone(o driver.ClaimOptions) {
	if all := w.claimAll(o); len(all) > 0 {
		w.fail("Claim leases %q, want none, after %v", idsOf(all), w.passed)
	}
}

// graceAfter wants a gap to begin a grace of so long, in which nothing is leased.
func (c *check) graceAfter(ttls store.TTLs, gap, want time.Duration) {
	c.open(ttls)
	w := c.watched()
	w.setOnline("a")
	w.sweep()
	before, after := w.beginGrace(gap)
	var left time.Duration
	for i, s := range after {
		w.wantGraceLeft(s, min(want+s.Now.Sub(before[i].Now)-gap, w.traits.Liveness()))
		left = max(left, s.GraceEnd.Sub(s.Now))
	}
	end := w.in(left)
	w.refuseUntil(end)
}
