package conformance

import (
	"context"
	"fmt"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// deathsChecks are those of Reconciler.Deaths.
func deathsChecks() []entry {
	return []entry{
		{"Deaths", "yields each pending death with its phase, without its token", timed, func(c *check) {
			w := c.watched()
			w.wantPending()
			w.adopt(w.at(w.in(0)), "adopted")
			w.die("acknowledged", "delayed", "leased", "ready")
			died := w.passed - w.after()
			w.sweep()
			all := w.handOut("acknowledged", "adopted", "delayed", "leased", "ready")
			w.acknowledge(all[0])
			w.release(w.ttl, all[2])
			delayed := w.in(w.ttl)
			w.release(0, all[4])
			w.extend(w.ttl*2, all[1], all[3])
			leased := w.in(w.ttl * 2)
			w.setOnline("online")
			w.wantPending("adopted", "delayed", "leased", "ready")
			for id, p := range w.pending() {
				if p.Token != 0 {
					w.fail("Deaths yields %q with the token of its holder, %d", id, p.Token)
				}
				w.wantAdopted(id == "adopted", p.Death)
				w.wantHandedOut(id, 1)
				if id != "adopted" {
					w.wantDeadline(p.Death, died)
					w.wantSince(p.Death, died)
				}
			}
			w.wantPhase("adopted", driver.Leased, leased)
			w.wantPhase("leased", driver.Leased, leased)
			w.wantPhase("delayed", driver.Delayed, delayed)
			w.wantPhase("ready", driver.Ready, 0)
		}},

		{"Deaths", "yields hundreds of deaths, each once", timed, func(c *check) {
			w, ids := c.crowded()
			w.wantPending(ids...)
			all := w.claim(ids...)
			w.stopTiming()
			for i, d := range all {
				if i%2 == 0 {
					w.acknowledge(d)
				}
			}
			var left []string
			for i, d := range all {
				if i%2 != 0 {
					left = append(left, d.ID)
				}
			}
			w.wantPending(left...)
		}},

		{"Deaths", "yields which deaths are by Expire", timed, func(c *check) {
			w, e := c.expiring()
			w.die("silent")
			w.setOnline("expired")
			e.expire("expired")
			w.wantYielded("expired", driver.Ready)
			all := w.handOut("expired", "silent")
			w.wantYielded("expired", driver.Leased)
			w.release(w.ttl, all...)
			w.wantYielded("expired", driver.Delayed)
		}},

		{"Deaths", "phases follow time", timed, func(c *check) {
			w := c.watched()
			w.adopt(w.at(w.in(w.ttl/2)), "adopted")
			adopted := w.in(w.ttl / 2)
			w.wantPhase("adopted", driver.Delayed, adopted)
			w.justAfter(adopted)
			w.wantPhase("adopted", driver.Ready, 0)
			w.die("a")
			w.wantPhase("a", driver.Ready, 0)
			w.claimFor(w.ttl/4, "a", "adopted")
			end := w.in(w.ttl / 4)
			w.wantPhase("a", driver.Leased, end)
			w.justAfter(end)
			w.wantPhase("a", driver.Ready, 0)
		}},

		{"Deaths", "the body of the loop over deaths may call any method", timed, func(c *check) {
			w := c.withDeaths(names("crowd", 12)...)
			w.stopTiming()
			for p, err := range w.deaths() {
				w.wantNil("Deaths", "", err)
				w.callEverything(p.ID)
			}
		}},

		{"Deaths", "the body of the loop over deaths may break", timed, func(c *check) {
			ids := names("crowd", 12)
			w := c.withDeaths(ids...)
			for shard := range w.traits.Shards {
				for range w.reaper().Deaths(w.ctx, shard) {
					break
				}
			}
			w.acknowledge(w.claim(ids...)...)
		}},

		{"Deaths", "yields those that stay while others come and go", timed, func(c *check) {
			w, ids := c.crowded()
			leased := map[string]driver.Death{}
			for _, d := range w.claim(ids...) {
				leased[d.ID] = d
			}
			w.stopTiming()
			comeAndGo(c, "Deaths", w.deaths(), func(p driver.Pending) string { return p.ID }, turnover{
				crowd: ids,
				come:  func(n int) { w.adopt(w.at(w.in(w.long())), fmt.Sprintf("come-%d", n)) },
				leave: func(id string) { w.acknowledge(leased[id]) },
				move:  func(id string) { w.extend(2*w.long(), leased[id]) },
			})
		}},

		{"Deaths", "the body of the loop over deaths may close the store", atOnce, func(c *check) {
			w, shard, deaths := c.waiting()
			endsInLoop(c, "Deaths", w.reaper().Deaths(w.ctx, shard), deaths, w.close, store.ErrClosed)
			w.wantClosed()
		}},

		{"Deaths", "the end of the context is the last item of the loop over deaths", atOnce, func(c *check) {
			w, shard, deaths := c.waiting()
			ctx, cancel := context.WithCancel(w.ctx)
			endsInLoop(c, "Deaths", w.reaper().Deaths(ctx, shard), deaths, cancel, context.Canceled)
		}},

		{"Deaths", "an outage in the loop over deaths is the last item", breaking, func(c *check) {
			w, shard, deaths := c.waiting()
			loop := w.reaper().Deaths(w.bounded(answerTime), shard)
			endsInLoop(c, "Deaths", loop, deaths, func() { w.breakdown() }, store.ErrUnavailable)
		}},
	}
}

// waiting has thousands of deaths that are not due, or as many as the store keeps. It
// returns the shard that has the most of them, and how many.
func (c *check) waiting() (w *watch, shard, deaths int) {
	w = c.newWatch()
	w.sweep()
	w.adopt(w.at(w.in(w.long())), names("crowd", c.many(largeCrowd))...)
	for i := range w.traits.Shards {
		n := 0
		for _, err := range w.reaper().Deaths(w.ctx, i) {
			w.wantNil("Deaths", "", err)
			n++
		}
		if n > deaths {
			shard, deaths = i, n
		}
	}
	return w, shard, deaths
}
