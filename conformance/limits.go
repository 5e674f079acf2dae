package conformance

import (
	"errors"

	"github.com/molecule-ai/liveness/store"
)

// crowd is how many workspaces the checks of limits try to set online; fewer
// where they must be quick.
const crowd, fewer = 2000, 200

func nobodyForgotten(c *check) {
	taken, refused := c.fill("crowd", crowd)
	c.spread(len(taken), func(i int) { c.wantOnline(taken[i]) })
	c.spread(len(refused), func(i int) { c.wantOffline(refused[i]) })
}

func livingAtTheLimit(c *check) {
	taken, _ := c.fill("crowd", fewer)
	for _, id := range taken[:10] {
		c.setOnline(id)
		c.refresh(id)
		c.cacheBoth(id)
		c.wantBoth(id)
	}
	c.wantOnline(taken...)
}

func refusedChangesNothing(c *check) {
	c.cacheBoth("crowd-0")
	c.cacheBoth("later")
	taken, _ := c.fill("crowd", fewer)
	if err := c.s.SetOnline(c.ctx, "later"); err != nil {
		c.wantError("SetOnline", "later", err, store.ErrFull)
		c.wantOffline("later")
		c.wantNoRefresh("later")
	}
	c.wantBoth("crowd-0")
	c.wantBoth("later")
	c.wantOnline(taken...)
}

func clearMakesRoom(c *check) {
	taken, refused := c.fill("crowd", fewer)
	c.clear(taken[0])
	c.setOnline("next")
	c.clear(taken[1])
	c.clear(taken[1])
	c.setOnline("last")
	if len(refused) > 0 {
		c.wantError("SetOnline", "none", c.s.SetOnline(c.ctx, "none"), store.ErrFull)
	}
	c.wantOnline(append(taken[2:], "next", "last")...)
}

func deadMakeRoom(c *check) {
	first, _ := c.fill("first", fewer)
	c.justAfter(c.in(c.ttl))
	second, _ := c.fill("second", fewer)
	if len(second) < len(first) {
		c.fail("after %d workspaces have died the store takes %d, want as many", len(first), len(second))
	}
	c.wantOnline(second[0], second[len(second)-1])
	c.wantOffline(first[0], first[len(first)-1])
}

// usedURLsStay caches many URLs while one is read again and again.
func usedURLsStay(c *check) {
	const batch = 20
	c.setOnline("a")
	c.cacheBoth("a")
	ids := names("crowd", fewer)
	for first := 0; first < len(ids); first += batch {
		c.callers(batch, func(i int) { c.cacheBoth(ids[first+i]) })
		c.wantBoth("a")
	}
	for _, id := range ids {
		url, err := c.s.GetCachedURL(c.ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		c.wantNil("GetCachedURL", id, err)
		if url != urlOf(id) {
			c.fail("GetCachedURL(%q) returns %q, want %q", id, url, urlOf(id))
		}
	}
	c.wantBoth(ids[len(ids)-1])
	c.wantOnline("a")
}
