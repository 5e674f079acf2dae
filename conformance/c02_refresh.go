package conformance

import "github.com/molecule-ai/liveness/store"

// refreshChecks are those of C2: what a refresh does, and to whom.
func refreshChecks() []entry {
	return []entry{
		{"C2", "a refresh gives a full TTL from now", timed, func(c *check) {
			c.setOnline("a")
			c.pass(c.ttl / 3)
			c.refresh("a")
			c.refresh("a")
			c.wantOnlineFor(c.ttl, "a")
		}},

		{"C2", "a refresh a moment after another gives a full TTL", timed, func(c *check) {
			c.setOnline("a")
			for range 2 {
				c.pass(c.moment())
				c.refresh("a")
			}
			c.wantOnlineFor(c.ttl, "a")
		}},

		{"C2", "a refresh at the last moment gives a full TTL", timed, func(c *check) {
			c.setOnline("a")
			c.justBefore(c.in(c.ttl))
			c.refresh("a")
			c.wantOnlineFor(c.ttl, "a")
		}},

		{"C2", "a refresh does not bring an unknown workspace online", atOnce, func(c *check) {
			c.wantNoRefresh("a")
			c.wantOffline("a")
			c.public().set("a", urlOf("a"))
			c.wantNoRefresh("a")
			c.wantOffline("a")
		}},

		{"C2", "a refresh does not bring back the dead", timed, func(c *check) {
			c.setOnline("seen", "unseen")
			c.justAfter(c.in(c.ttl))
			c.wantOffline("seen")
			for range 3 {
				c.wantNoRefresh("seen", "unseen")
				c.wantOffline("seen", "unseen")
				c.pass(c.ttl / 2)
			}
		}},

		{"C2", "a refresh does not bring back the cleared", atOnce, func(c *check) {
			c.setOnline("a")
			c.clear("a")
			c.wantNoRefresh("a")
			c.wantOffline("a")
		}},

		{"C2", "a refresh of one extends no other", timed, func(c *check) {
			c.setOnline("a", "b")
			end := c.in(c.ttl)
			c.pass(c.ttl / 2)
			c.refresh("b")
			c.justAfter(end)
			c.wantOffline("a")
			c.wantOnline("b")
		}},

		{"C2", "a heartbeat registers an offline workspace and refreshes an online one", timed, func(c *check) {
			beat := func(want bool) {
				registered, err := store.Heartbeat(c.ctx, c.s, "a")
				c.wantNil("Heartbeat", "a", err)
				if registered != want {
					c.fail("Heartbeat(%q) returns registered = %t, want %t", "a", registered, want)
				}
				c.wantOnline("a")
			}
			beat(true)
			c.pass(c.ttl / 2)
			beat(false)
			c.wantOnlineFor(c.ttl, "a")
			beat(true)
		}},
	}
}
