package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// grantChecks are those of C13, the Granter.
func grantChecks() []entry {
	return []entry{
		{"C13", "SetOnlineFor grants its TTL", timed, func(c *check) {
			g := c.granter()
			for _, ttl := range c.grantedTTLs() {
				g.setOnline("a", ttl)
				c.wantOnlineFor(ttl, "a")
			}
			for _, ttl := range c.grantedTTLs() {
				c.setOnline("a")
				g.setOnline("a", ttl)
				c.wantOnlineFor(ttl, "a")
			}
		}},

		{"C13", "RefreshFor grants its TTL and brings no workspace back", timed, func(c *check) {
			g := c.granter()
			for _, ttl := range c.grantedTTLs() {
				c.setOnline("a")
				c.pass(c.ttl / 8)
				g.refresh("a", ttl)
				c.wantOnlineFor(ttl, "a")
				c.wantError("RefreshFor", "a", store.RefreshFor(c.ctx, g.s, "a", ttl), store.ErrNotFound)
				c.wantOffline("a")
			}
		}},

		{"C13", "a grant of any length ends at its time", timed, func(c *check) {
			g := c.granter()
			for _, ttl := range c.extremeTTLs() {
				c.setOnline("refreshed")
				g.setOnline("set", ttl)
				g.refresh("refreshed", ttl)
				c.wantLifeOf(ttl, "refreshed", "set")
				c.clear("refreshed", "set")
			}
		}},

		{"C13", "the next plain call grants the usual TTL", timed, func(c *check) {
			g := c.granter()
			for _, ttl := range c.grantedTTLs() {
				for _, plain := range []func(ids ...string){c.refresh, c.setOnline} {
					g.setOnline("a", ttl)
					c.pass(c.ttl / 8)
					plain("a")
					c.wantOnlineFor(c.ttl, "a")
				}
			}
		}},

		{"C13", "a grant is to one workspace", timed, func(c *check) {
			g := c.granter()
			c.setOnline("a", "b")
			end := c.in(c.ttl)
			g.setOnline("a", 2*c.ttl)
			g.refresh("a", 2*c.ttl)
			c.wantOnlineUntil(end, "b")
			c.wantOnline("a")
		}},

		{"C13", "a grant comes before For, once", timed, func(c *check) {
			c.openFor(func(string) time.Duration { return c.ttl / 2 })
			g := c.granter()
			g.setOnline("a", c.ttl)
			c.wantOnlineFor(c.ttl, "a")
			c.setOnline("a")
			g.refresh("a", c.ttl)
			c.pass(c.ttl / 4)
			c.refresh("a")
			c.wantOnlineFor(c.ttl/2, "a")
		}},

		{"C13", "a grant may be below three heartbeats", timed, func(c *check) {
			c.open(store.TTLs{Heartbeat: c.ttl / 4})
			g := c.granter()
			g.setOnline("a", c.ttl/4)
			c.wantOnlineFor(c.ttl/4, "a")
		}},

		{"C13", "a TTL out of range is refused and changes nothing by a grant", timed, func(c *check) {
			g := c.granter()
			c.setOnline("a")
			end := c.in(c.ttl)
			c.pass(c.ttl / 2)
			for _, ttl := range []time.Duration{-time.Second, 0, store.MinTTL - 1, store.MaxTTL + 1} {
				for _, id := range []string{"a", "b"} {
					c.wantError("SetOnlineFor", id, store.SetOnlineFor(c.ctx, g.s, id, ttl), store.ErrInvalid)
					c.wantError("RefreshFor", id, store.RefreshFor(c.ctx, g.s, id, ttl), store.ErrInvalid)
				}
			}
			c.wantOnline("a")
			c.wantOffline("b")
			g.setOnline("c", store.MaxTTL)
			c.justBefore(end)
			c.wantOnline("a", "c")
			c.justAfter(end)
			c.wantOffline("a")
		}},

		{"C13", "a sweep detects the end of each grant in time", timed, func(c *check) {
			w, g := c.granting()
			g.setOnline("long", 2*w.ttl)
			g.setOnline("brief", w.ttl/2)
			brief, long := w.in(w.ttl/2), w.in(2*w.ttl)
			w.wantNextBy(brief)
			w.wantDetectedAt(brief, "brief")
			w.wantDeadline(w.claim("brief")[0], brief)
			w.wantNextBy(long)
			w.wantDetectedAt(long, "long")
			w.claim("long")
		}},

		// Each call that can shorten a life does so.
		{"C13", "a sweep detects the end of a life that was shortened in time", timed, func(c *check) {
			w, g := c.granting()
			shorten := map[string]func(id string){
				"refreshed":   func(id string) { w.refresh(id) },
				"refresh-for": func(id string) { g.refresh(id, w.ttl) },
				"set":         func(id string) { w.setOnline(id) },
				"set-for":     func(id string) { g.setOnline(id, w.ttl) },
			}
			ids := sortedKeys(shorten)
			for _, id := range ids {
				g.setOnline(id, 10*w.ttl)
			}
			w.pass(w.ttl / 2)
			for id, f := range shorten {
				f(id)
			}
			end := w.in(w.ttl)
			w.wantNextBy(end)
			w.wantDetectedAt(end, ids...)
			for _, d := range w.claim(ids...) {
				w.wantDeadline(d, end)
			}
		}},

		{"C13", "a batch grants the usual TTL again", timed, func(c *check) {
			b := c.batcher()
			w, g := c.granting()
			g.setOnline("brief", w.ttl/2)
			g.setOnline("long", 10*w.ttl)
			w.setOnline("usual")
			w.pass(w.ttl / 4)
			b.refresh([]string{"brief", "long", "unknown", "usual"}, true, true, false, true)
			end := w.in(w.ttl)
			w.wantNextBy(end)
			w.justBefore(end)
			w.wantOnline("brief", "long", "usual")
			w.wantDetected()
			w.justAfter(end)
			w.wantOffline("brief", "long", "usual")
			w.wantDetected("brief", "long", "usual")
			w.claim("brief", "long", "usual")
		}},

		{"C13", "grants outlive the store", timed, func(c *check) {
			g := c.granter()
			g.setOnline("brief", c.ttl/2)
			g.setOnline("long", 2*c.ttl)
			brief, long := c.in(c.ttl/2), c.in(2*c.ttl)
			c.reopen(0)
			c.justBefore(brief)
			c.wantOnline("brief", "long")
			c.reopen(brief + c.after() - c.passed)
			c.wantOffline("brief")
			c.wantOnlineUntil(long, "long")
		}},

		// The store is closed between the heartbeat that shortens the life and its deadline.
		{"C13", "a life that was shortened is no longer when the store is opened again", timed, func(c *check) {
			w, g := c.granting()
			g.setOnline("a", 10*w.ttl)
			w.pass(w.ttl / 4)
			w.refresh("a")
			end := w.in(w.ttl)
			w.reopen(0)
			w.sweep()
			w.wantOnlineUntil(end, "a")
			w.wantDetected("a")
		}},

		{"C13", "HeartbeatFor registers an offline workspace and refreshes an online one", timed, func(c *check) {
			g := c.granter()
			beat := func(ttl time.Duration, want bool) {
				registered, err := store.HeartbeatFor(c.ctx, g.s, "a", ttl)
				c.wantNil("HeartbeatFor", "a", err)
				if registered != want {
					c.fail("HeartbeatFor(%q) returns registered = %t, want %t", "a", registered, want)
				}
			}
			beat(c.ttl/2, true)
			c.pass(c.ttl / 4)
			beat(2*c.ttl, false)
			c.wantOnlineFor(2*c.ttl, "a")
			beat(c.ttl/2, true)
			c.wantOnlineFor(c.ttl/2, "a")
		}},

		{"C13", "is unsupported without a Granter", atOnce, func(c *check) {
			c.setOnline("a")
			c.wantUnsupported("SetOnlineFor", store.SetOnlineFor(c.ctx, bare{c.s}, "a", c.ttl))
			c.wantUnsupported("RefreshFor", store.RefreshFor(c.ctx, bare{c.s}, "a", c.ttl))
			_, err := store.HeartbeatFor(c.ctx, bare{c.s}, "a", c.ttl)
			c.wantUnsupported("RefreshFor", err)
		}},
	}
}

// grants is a check of a store's Granter.
type grants struct {
	c *check
	s store.LivenessStore
}

func (c *check) granter() grants {
	need[store.Granter](c)
	return grants{c, c.wrapped()}
}

func (c *check) granting() (*watch, grants) {
	g := c.granter()
	return c.watched(), g
}

func (g grants) setOnline(id string, ttl time.Duration) {
	g.c.wantNil("SetOnlineFor", id, store.SetOnlineFor(g.c.ctx, g.s, id, ttl))
}

func (g grants) refresh(id string, ttl time.Duration) {
	g.c.wantNil("RefreshFor", id, store.RefreshFor(g.c.ctx, g.s, id, ttl))
}
