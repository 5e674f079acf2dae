package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// listerChecks are those of store.Lister.
func listerChecks() []entry {
	return []entry{
		{"Lister", "yields each workspace that is online once", atOnce, func(c *check) {
			l := c.lister()
			c.wantListed(l)
			c.cacheBoth("cached")
			ids, _ := c.fill("crowd", c.many(largeCrowd))
			c.wantListed(l, ids...)
			c.clear(ids[:10]...)
			c.setOnline(ids[10])
			c.wantListed(l, ids[10:]...)
		}},

		// No page has as many.
		{"Lister", "yields thousands that are online", atOnce, func(c *check) {
			l := c.lister()
			ids, _ := c.fill("crowd", c.many(listedCrowd))
			c.wantListed(l, ids...)
		}},

		{"Lister", "yields strange ids as they are", atOnce, func(c *check) {
			l := c.lister()
			for _, ids := range strangeIDs() {
				c.setOnline(ids...)
				for i, id := range ids {
					c.public().set(id, numbered(i))
				}
				c.wantListed(l, ids...)
				for i, id := range ids {
					c.wantLookup(l, id, numbered(i), "")
				}
				c.clear(ids...)
			}
		}},

		{"Lister", "yields no workspace that has died", timed, func(c *check) {
			l := c.lister()
			c.setOnline("a", "b", "c")
			end := c.in(c.ttl)
			c.pass(c.ttl / 2)
			c.refresh("b")
			c.setOnline("d")
			c.justBefore(end)
			c.wantListed(l, "a", "b", "c", "d")
			c.justAfter(end)
			c.wantListed(l, "b", "d")
		}},

		{"Lister", "lists and counts once what comes back, expires, is withdrawn, forgotten or restored", timed, func(c *check) {
			l := c.lister()
			c.setOnline("back", "dead")
			c.justAfter(c.in(c.ttl))
			c.setOnline("back")
			c.wantListed(l, "back")
			if c.has("Expire") {
				c.expirer().expire("back", "back")
				c.wantListed(l)
				c.setOnline("back")
				c.wantListed(l, "back")
			}
			if !c.has("Withdraw") {
				return
			}
			w := c.watched()
			w.wantListed(l)
			w.claim("back", "dead")
			w.setOnline("back")
			w.wantListed(l, "back")
			w.clear("back")
			w.die("forgotten", "withdrawn")
			both := w.claim("forgotten", "withdrawn")
			w.withdraw(both[1])
			w.release(0, both[0])
			w.forget("forgotten", "withdrawn")
			w.wantListed(l, "withdrawn")
			if w.has("Restore") {
				w.restorer().restore(driver.Record{ID: "restored", Remaining: w.ttl}, driver.Record{ID: "withdrawn", Remaining: w.ttl})
				w.wantListed(l, "restored", "withdrawn")
			}
		}},

		{"Lister", "tells how much life remains", timed, func(c *check) {
			l := c.lister()
			c.setOnline("a")
			c.wantRemaining(l, "a", c.ttl)
			c.pass(c.ttl / 2)
			c.setOnline("b")
			c.wantRemaining(l, "a", c.ttl/2)
			c.wantRemaining(l, "b", c.ttl)
			c.pass(c.ttl / 4)
			c.refresh("a")
			c.wantRemaining(l, "a", c.ttl)
			c.wantRemaining(l, "b", c.ttl-c.ttl/4)
		}},

		{"Lister", "tells how much remains of a life with a TTL of its own", timed, func(c *check) {
			c.openFor(ttlOf{"own": c.ttl / 2}.forID)
			l := c.lister()
			c.setOnline("own")
			c.wantRemaining(l, "own", c.ttl/2)
			c.pass(c.ttl / 4)
			c.wantRemaining(l, "own", c.ttl/4)
			if !c.has("SetOnlineFor") {
				return
			}
			g := c.granter()
			g.setOnline("granted", 2*c.ttl)
			c.wantRemaining(l, "granted", 2*c.ttl)
			g.refresh("granted", c.ttl*3/4)
			c.wantRemaining(l, "granted", c.ttl*3/4)
			c.pass(c.ttl / 8)
			c.wantRemaining(l, "granted", c.ttl*5/8)
			c.refresh("granted")
			c.wantRemaining(l, "granted", c.ttl)
		}},

		{"Lister", "Lookup of an offline workspace is ErrNotFound", timed, func(c *check) {
			l := c.lister()
			c.cacheBoth("cached")
			c.setOnline("cleared", "dead")
			c.clear("cleared")
			c.justAfter(c.in(c.ttl))
			for _, id := range []string{"unknown", "cached", "cleared", "dead"} {
				status, err := l.Lookup(c.ctx, id)
				c.wantError("Lookup", id, err, store.ErrNotFound)
				if status != (store.Status{}) {
					c.fail("Lookup(%q) returns %v beside its error", id, status)
				}
			}
		}},

		{"Lister", "Lookup returns the cached URLs", timed, func(c *check) {
			l := c.lister()
			c.setOnline("a", "b")
			c.wantLookup(l, "a", "", "")
			c.public().set("a", urlOf("a"))
			end := c.in(c.urlTTL)
			c.wantLookup(l, "a", urlOf("a"), "")
			c.pass(c.ttl / 2)
			c.internal().set("a", urlOf("a/internal"))
			c.wantLookup(l, "a", urlOf("a"), urlOf("a/internal"))
			c.wantLookup(l, "b", "", "")
			for c.passed < end-c.ttl/2 {
				c.pass(c.ttl / 4)
				c.setOnline("a")
			}
			c.justBefore(end)
			c.wantLookup(l, "a", urlOf("a"), urlOf("a/internal"))
			c.justAfter(end)
			c.wantLookup(l, "a", "", urlOf("a/internal"))
			c.clear("a")
			c.setOnline("a")
			c.wantLookup(l, "a", "", "")
		}},

		// A Clear comes in between.
		{"Lister", "Lookup returns a workspace whole, or not at all", atOnce, func(c *check) {
			const rounds, readers, looks = 20, 4, 300
			l := c.lister()
			for range rounds {
				c.setOnline("a")
				c.cacheBoth("a")
				c.callers(1+readers, func(i int) {
					if i == 0 {
						c.clear("a")
						return
					}
					for range looks {
						s, err := l.Lookup(c.ctx, "a")
						if err != nil {
							c.wantError("Lookup", "a", err, store.ErrNotFound)
							return
						}
						if s.URL == "" || s.InternalURL == "" {
							c.fail("Lookup(%q) returns the URLs %q and %q, want both or %q", "a", s.URL, s.InternalURL, store.ErrNotFound)
						}
					}
				})
			}
		}},

		{"Lister", "the loop leaves the URLs out", atOnce, func(c *check) {
			l := c.lister()
			c.setOnline("a")
			c.cacheBoth("a")
			for status, err := range l.Online(c.ctx) {
				c.wantNil("Online", status.ID, err)
				if status.URL != "" || status.InternalURL != "" {
					c.fail("Online yields the URLs %q and %q, want none", status.URL, status.InternalURL)
				}
			}
		}},

		{"Lister", "is found through a wrapper", atOnce, func(c *check) {
			c.lister()
			c.setOnline("a", "b")
			s := c.wrapped()
			n, err := store.Count(c.ctx, s)
			c.wantNil("Count", "", err)
			if n != 2 {
				c.fail("Count through a wrapper returns %d, want 2", n)
			}
			_, err = store.Lookup(c.ctx, s, "a")
			c.wantNil("Lookup", "a", err)
			for status, err := range store.Online(c.ctx, s) {
				c.wantNil("Online", status.ID, err)
				n--
			}
			if n != 0 {
				c.fail("Online through a wrapper yields %d smallCrowd than Count", n)
			}
		}},

		{"Lister", "is unsupported where there is none", atOnce, func(c *check) {
			var s store.LivenessStore = bare{c.s}
			c.setOnline("a")
			_, err := store.Count(c.ctx, s)
			c.wantUnsupported("Count", err)
			_, err = store.Lookup(c.ctx, s, "a")
			c.wantUnsupported("Lookup", err)
			for _, err := range store.Online(c.ctx, s) {
				c.wantUnsupported("Online", err)
			}
		}},
	}
}

func (c *check) lister() store.Lister { return need[store.Lister](c) }

// listed returns the workspaces that the loop yields, each once.
func (c *check) listed(l store.Lister) map[string]time.Duration {
	left := map[string]time.Duration{}
	for status, err := range l.Online(c.ctx) {
		c.wantNil("Online", status.ID, err)
		if _, twice := left[status.ID]; twice {
			c.fail("Online yields %q twice", status.ID)
		}
		if status.Remaining <= 0 {
			c.fail("Online yields %q with %v remaining, want more than 0", status.ID, status.Remaining)
		}
		left[status.ID] = status.Remaining
	}
	c.giveUpIfLate()
	return left
}

// wantListed wants these workspaces to be listed and counted, and no others.
func (c *check) wantListed(l store.Lister, ids ...string) {
	got := c.listed(l)
	for _, id := range ids {
		if _, ok := got[id]; !ok {
			c.fail("Online does not yield %q, which is online", id)
		}
		delete(got, id)
	}
	for id := range got {
		c.fail("Online yields %q, which is not online", id)
	}
	n, err := l.Count(c.ctx)
	c.wantNil("Count", "", err)
	if n != len(ids) {
		c.fail("Count returns %d, want %d", n, len(ids))
	}
}

func (c *check) wantRemaining(l store.Lister, id string, want time.Duration) {
	looked, err := l.Lookup(c.ctx, id)
	c.wantNil("Lookup", id, err)
	if looked.ID != id {
		c.fail("Lookup(%q) returns the status of %q", id, looked.ID)
	}
	for op, got := range map[string]time.Duration{"Lookup": looked.Remaining, "Online": c.listed(l)[id]} {
		if !c.near(got, want) {
			c.fail("%s says that %q has %v remaining, want %v (± %v)", op, id, got, want, c.after())
		}
	}
}

func (c *check) wantLookup(l store.Lister, id, url, internalURL string) {
	s, err := l.Lookup(c.ctx, id)
	c.wantNil("Lookup", id, err)
	if s.ID != id {
		c.fail("Lookup(%q) returns the status of %q", id, s.ID)
	}
	if s.URL != url || s.InternalURL != internalURL {
		c.fail("Lookup(%q) returns the URLs %q and %q, want %q and %q, after %v", id, s.URL, s.InternalURL, url, internalURL, c.passed)
	}
}
