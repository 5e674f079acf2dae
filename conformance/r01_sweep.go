package conformance

import (
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// sweepChecks are those of R1: what a sweep detects, and when to look again.
func sweepChecks() []entry {
	return []entry{
		{"R1", "a sweep detects the dead, each once, and none other", timed, func(c *check) {
			w := c.watched()
			w.setOnline("cleared", "dead", "refreshed", "reset")
			end := w.in(w.ttl)
			w.pass(w.ttl / 2)
			w.refresh("refreshed")
			w.setOnline("reset")
			w.clear("cleared")
			last := w.in(w.ttl)
			w.wantDetectedAt(end, "dead")
			w.wantDetectedAt(last, "refreshed", "reset")
			w.wantDetected()
		}},

		{"R1", "a refresh at the last moment moves the death", timed, func(c *check) {
			w := c.watched()
			w.setOnline("a")
			w.justBefore(w.in(w.ttl))
			w.refresh("a")
			end := w.in(w.ttl)
			w.pass(w.ttl / 2)
			w.wantDetected()
			w.wantDetectedAt(end, "a")
		}},

		// The questions come before the sweep.
		{"R1", "a question about the dead hides none from the sweep", timed, func(c *check) {
			w := c.watched()
			w.setOnline("a", "b")
			w.passUnswept(w.in(w.ttl))
			w.wantOffline("a", "b")
			w.wantNoRefresh("a")
			for _, m := range methods(w.s) {
				switch m.op {
				case "Count", "Online", "Lookup", "IsOnlineMany", "RefreshMany", "GetCachedURL", "Expire", "Look", "Sample":
					_ = m.do(w.ctx, "b")
				}
			}
			w.setOnline("c")
			w.wantDetected("a", "b")
			w.claim("a", "b")
		}},

		{"R1", "SetOnline moves the death, earlier too", timed, func(c *check) {
			now := c.openVarying()
			w := c.watched()
			now.set(2 * w.ttl)
			w.setOnline("earlier")
			now.set(w.ttl / 2)
			w.setOnline("earlier", "later")
			now.set(2 * w.ttl)
			w.setOnline("later")
			first, last := w.in(w.ttl/2), w.in(2*w.ttl)
			w.wantDetectedAt(first, "earlier")
			w.wantDetectedAt(last, "later")
		}},

		// The sweep must not wait for the deadline that was granted before.
		{"R1", "a life shortened by a refresh is detected in time", timed, func(c *check) {
			now := c.openVarying()
			w := c.watched()
			now.set(2 * w.ttl)
			w.setOnline("a")
			now.set(w.ttl / 2)
			w.refresh("a")
			end := w.in(w.ttl / 2)
			w.wantNextBy(end)
			w.justBefore(end)
			w.wantDetected()
			w.justAfter(end)
			w.wantOffline("a")
			w.wantDetected("a")
			w.claim("a")
		}},

		{"R1", "Next covers deadlines", timed, func(c *check) {
			w := c.watched()
			w.setOnline("a")
			first := w.in(w.ttl)
			w.wantNextBy(first)
			w.pass(w.ttl / 2)
			w.setOnline("b")
			second := w.in(w.ttl)
			w.wantNextBy(first)
			w.justAfter(first)
			w.wantNextBy(second)
		}},

		// Next and the deadline of the death are those of the life as well.
		{"R1", "a life of any length is detected at its end", timed, func(c *check) {
			now := c.openVarying()
			w := c.watched()
			for _, ttl := range w.extremeTTLs() {
				now.set(ttl)
				w.setOnline("a")
				end := w.in(ttl)
				if ttl > w.before() {
					w.wantNextBy(end)
				}
				if !w.canAwait(ttl) {
					w.wantDetected()
					w.clear("a")
					continue
				}
				if ttl > w.before() {
					w.justBefore(end)
					w.wantDetected()
				}
				w.justAfter(end)
				w.wantDetected("a")
				d := w.handOut("a")
				w.wantDeadline(d[0], end)
				w.acknowledge(d...)
			}
		}},

		{"R1", "Next covers leases and delays", timed, func(c *check) {
			w := c.withDeaths("back", "delayed", "leased")
			all := w.claimFor(w.ttl, "back", "delayed", "leased")
			leased := w.in(w.ttl)
			w.wantNextBy(leased)
			w.release(w.ttl/2, all[1])
			w.wantNextBy(w.in(w.ttl / 2))
			w.clear("delayed")
			w.extend(w.ttl*3/4, all[0])
			w.wantNextBy(w.in(w.ttl * 3 / 4))
			w.setOnline("back")
			w.wantNextBy(w.in(w.ttl * 3 / 4))
			w.adopt(w.at(w.in(w.ttl/4)), "adopted")
			w.wantNextBy(w.in(w.ttl / 4))
		}},

		{"R1", "sweeps that look when they are told detect each death in time", timed, func(c *check) {
			c.openFor(ttlOf{"brief": c.ttl / 2, "long": c.ttl + c.ttl/2}.forID)
			w := c.watched()
			w.setOnline("brief", "long", "usual")
			ends := map[string]time.Duration{"brief": w.in(w.ttl / 2), "long": w.in(w.ttl + w.ttl/2)}
			w.sweep()
			w.pass(w.ttl / 4)
			w.refresh("usual")
			ends["usual"] = w.in(w.ttl)

			step := max(w.grain, w.ttl/1000)
			for last := ends["long"] + w.after() + step; w.passed < last; {
				s := w.sweep()
				for _, id := range s.Detected {
					if early := w.passed < ends[id]-w.before(); early || w.passed > ends[id]+w.after()+step {
						w.fail("%q is detected dead after %v, want %v", id, w.passed, ends[id])
					}
					delete(ends, id)
				}
				w.gap(min(max(s.Next, step), last-w.passed))
			}
			if len(ends) > 0 {
				w.fail("%d workspaces are not detected by sweeps that look when they are told", len(ends))
			}
		}},

		{"R1", "sweeps at once detect each death once", timed, func(c *check) {
			const sweepers, crowd = 4, 200
			w := c.watched()
			ids, _ := w.fill("crowd", crowd)
			w.passUnswept(w.in(w.ttl))
			w.stopTiming()
			var mu sync.Mutex
			times := map[string]int{}
			w.callers(sweepers, func(int) {
				for shard := range w.traits.Shards {
					for more := true; more; {
						s, err := w.reaper().Sweep(w.ctx, shard, driver.SweepOptions{Interval: w.interval})
						w.wantNil("Sweep", "", err)
						mu.Lock()
						for _, id := range s.Detected {
							times[id]++
						}
						mu.Unlock()
						more = s.Next == 0
					}
				}
			})
			w.wantEachOnce("detected by a sweep", times, ids)
		}},
	}
}

// wantNextBy wants a sweep to advise a look no later than that.
func (w *watch) wantNextBy(moment time.Duration) {
	most := moment - w.passed + w.grain + w.slack
	if next := w.sweep().Next; next > most {
		w.fail("Sweep returns Next = %v, want at most %v, after %v", next, most, w.passed)
	}
}
