package conformance

import (
	"errors"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// limitChecks are those of C11. A store that is never full skips most of them.
func limitChecks() []entry {
	return []entry{
		{"C11", "each workspace of many is taken and kept, or refused", atOnce, func(c *check) {
			taken, refused := c.fill("crowd", c.many(largeCrowd))
			c.spread(len(taken), func(i int) { c.wantOnline(taken[i]) })
			c.spread(len(refused), func(i int) { c.wantOffline(refused[i]) })
		}},

		{"C11", "heartbeats succeed at the limit", atOnce, func(c *check) {
			taken, refused := c.fill("crowd", smallCrowd)
			c.wantFull(refused)
			for _, id := range taken[:10] {
				c.setOnline(id)
				c.refresh(id)
				c.cacheBoth(id)
				c.wantBoth(id)
			}
			c.wantOnline(taken...)
		}},

		{"C11", "a refused workspace changes nothing", atOnce, func(c *check) {
			c.cacheBoth("crowd-0")
			c.cacheBoth("later")
			taken, refused := c.fill("crowd", smallCrowd)
			c.wantFull(refused)
			if !c.callOr("SetOnline", "later", store.ErrFull) {
				c.wantOffline("later")
				c.wantNoRefresh("later")
			}
			c.wantBoth("crowd-0")
			c.wantBoth("later")
			c.wantOnline(taken...)
		}},

		{"C11", "Clear makes room for one", atOnce, func(c *check) {
			taken, refused := c.fill("crowd", smallCrowd)
			c.wantFull(refused)
			c.clear(taken[0])
			c.setOnline("next")
			c.clear(taken[1])
			c.clear(taken[1])
			c.setOnline("last")
			c.wantError("SetOnline", "none", c.s.SetOnline(c.ctx, "none"), store.ErrFull)
			c.wantOnline(append(taken[2:], "next", "last")...)
		}},

		{"C11", "dead workspaces make room", timed, func(c *check) {
			first, refused := c.fill("first", smallCrowd)
			c.wantFull(refused)
			c.justAfter(c.in(c.ttl))
			second, _ := c.fill("second", smallCrowd)
			if len(second) < len(first) {
				c.fail("after %d workspaces have died the store takes %d, want as many", len(first), len(second))
			}
			c.wantOnline(second[0], second[len(second)-1])
			c.wantOffline(first[0], first[len(first)-1])
		}},

		// The deaths wait, are leased, and were handed out.
		{"C11", "deaths make room", timed, func(c *check) {
			w := c.watched()
			first, refused := w.fill("first", smallCrowd)
			w.wantFull(refused)
			w.sweepAfter(w.in(w.ttl))
			w.stopTiming()
			for i, d := range w.claimAll(driver.ClaimOptions{Max: 7, Lease: w.long()}) {
				switch i % 3 {
				case 0:
					w.begin(d)
				case 1:
					w.release(0, d)
				}
			}
			w.adopt(w.at(w.in(w.long())), names("adopted", smallCrowd)...)
			second, _ := w.fill("second", smallCrowd)
			if len(second) < len(first) {
				w.fail("after %d deaths the store takes %d, want as many", len(first), len(second))
			}
		}},

		{"C11", "a refused workspace keeps its death", timed, func(c *check) {
			w := c.withDeaths("later")
			_, refused := w.fill("crowd", smallCrowd)
			w.wantFull(refused)
			if w.callOr("SetOnline", "later", store.ErrFull) {
				w.fail("SetOnline(%q) succeeds, want %q", "later", store.ErrFull)
			}
			w.wantPending("later")
			w.claim("later")
		}},

		// One URL is read again and again while many are cached.
		{"C11", "a URL in use is not the one to go", atOnce, func(c *check) {
			const batch = 20
			c.setOnline("a")
			c.cacheBoth("a")
			ids := names("crowd", smallCrowd)
			for first := 0; first < len(ids); first += batch {
				c.callers(batch, func(i int) { c.cacheBoth(ids[first+i]) })
				c.wantBoth("a")
			}
			forgotten := 0
			for _, id := range ids {
				url, err := c.s.GetCachedURL(c.ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					forgotten++
					continue
				}
				c.wantNil("GetCachedURL", id, err)
				if url != urlOf(id) {
					c.fail("GetCachedURL(%q) returns %q, want %q", id, url, urlOf(id))
				}
			}
			c.wantBoth(ids[len(ids)-1])
			c.wantOnline("a")
			if forgotten == 0 {
				c.t.Skip("the store forgets no URL before its time")
			}
		}},

		// Each of them is dead, and is back before a sweep has detected it, after that, or by Withdraw.
		{"C11", "a workspace counts once towards the limit, however it went and came back", timed, func(c *check) {
			taken, refused := c.fillSlowly("crowd", smallCrowd)
			c.wantFull(refused)
			full := func() { c.wantError("SetOnline", "none", c.s.SetOnline(c.ctx, "none"), store.ErrFull) }
			if c.has("Expire") {
				c.expirer().expire(taken[0], taken[0])
				c.setOnline("next")
				full()
				taken[0] = "next"
			}
			c.justAfter(c.in(c.ttl))
			c.spread(len(taken), func(i int) { c.setOnline(taken[i]) })
			full()
			if !c.has("Withdraw") {
				return
			}
			c.catchUp()
			w := c.watched()
			w.spread(len(taken), func(i int) { w.setOnline(taken[i]) })
			full()
			w.catchUp()
			w.sweepAfter(w.in(w.ttl))
			w.spread(len(taken), func(i int) { w.setOnline(taken[i]) })
			full()
			w.catchUp()
			w.sweepAfter(w.in(w.ttl))
			w.stopTiming()
			w.withdraw(w.claimAll(driver.ClaimOptions{Max: 1000, Lease: w.long()})...)
			full()
		}},
	}
}

// fillSlowly is fill, for which there is half a TTL.
func (c *check) fillSlowly(prefix string, n int) (taken, refused []string) {
	slack := c.slack
	c.slack = max(slack, min(c.ttl/2, 5*slack))
	taken, refused = c.fill(prefix, n)
	c.slack = slack
	c.catchUp()
	return taken, refused
}

const neverFull = "the store is never full"

// wantFull skips a check that says nothing of a store which took them all. A twin
// has the limit of its method.
func (c *check) wantFull(refused []string) {
	if len(refused) > 0 {
		return
	}
	if twin, ok := c.twins["SetOnline"]; ok && errors.Is(c.s.SetOnline(c.ctx, "plain"), store.ErrFull) {
		c.fail("%s is never refused, though the store is full for SetOnline", twin)
	}
	c.t.Skip(neverFull)
}
