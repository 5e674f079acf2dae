package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// lifeChecks are those of C1: how long a workspace is online.
func lifeChecks() []entry {
	return []entry{
		{"C1", "a workspace that was never set online is offline, without error", atOnce, func(c *check) {
			c.wantOffline("a")
			c.setOnline("b")
			c.wantOffline("a")
		}},

		{"C1", "a workspace is online until its TTL has passed", timed, func(c *check) {
			c.setOnline("a")
			c.wantOnline("a")
			c.wantOnlineFor(c.ttl, "a")
		}},

		{"C1", "set online again it has a full TTL from then", timed, func(c *check) {
			for _, wait := range []time.Duration{c.ttl / 2, c.moment()} {
				c.setOnline("a")
				c.pass(wait)
				c.setOnline("a")
				c.wantOnlineFor(c.ttl, "a")
			}
		}},

		{"C1", "a dead workspace can be set online again", timed, func(c *check) {
			c.setOnline("a")
			c.pass(2 * c.ttl)
			c.wantOffline("a")
			c.setOnline("a")
			c.wantOnlineFor(c.ttl, "a")
		}},

		{"C1", "a workspace is online as long as it is heard from", timed, func(c *check) {
			c.setOnline("a")
			for range 6 {
				c.pass(c.ttl / 2)
				c.wantOnline("a")
				c.refresh("a")
			}
			c.wantOnlineFor(c.ttl, "a")
		}},

		{"C1", "each workspace has its own deadline", timed, func(c *check) {
			c.setOnline("a")
			first := c.in(c.ttl)
			c.pass(c.ttl / 2)
			c.setOnline("b")
			second := c.in(c.ttl)

			c.justBefore(first)
			c.wantOnline("a", "b")
			c.justAfter(first)
			c.wantOffline("a")
			c.wantOnlineUntil(second, "b")
		}},

		{"C1", "asking does not extend a life", timed, func(c *check) {
			c.setOnline("a")
			end := c.in(c.ttl)
			c.pass(c.ttl / 2)
			c.wantOnline("a")
			c.wantOnlineUntil(end, "a")
		}},

		// The TTL is that of the store, that of For, and that of a refresh.
		{"C1", "a life of any length ends at its time", timed, func(c *check) {
			for _, ttl := range c.extremeTTLs() {
				c.open(store.TTLs{Liveness: ttl})
				c.setOnline("a")
				c.wantLifeOf(ttl, "a")
				now := c.openVarying()
				c.setOnline("refreshed")
				now.set(ttl)
				c.setOnline("set")
				c.refresh("refreshed")
				c.wantLifeOf(ttl, "refreshed", "set")
			}
		}},

		{"C1", "a life outlives the store, and time goes on meanwhile", timed, func(c *check) {
			c.setOnline("dies", "lives", "lingers")
			died, end := c.in(c.ttl), c.in(c.ttl+c.ttl/2)
			c.pass(c.ttl / 2)
			c.setOnline("lives")
			c.refresh("lingers")

			c.reopen(0)
			c.wantOnline("dies", "lives", "lingers")
			c.reopen(died + c.after() - c.passed)
			c.wantOffline("dies", "unknown")
			c.wantNoRefresh("dies")
			c.wantOnlineUntil(end, "lives", "lingers")
		}},
	}
}
