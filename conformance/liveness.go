package conformance

import "github.com/molecule-ai/liveness/store"

func neverSet(c *check) {
	c.wantOffline("a")
	c.setOnline("b")
	c.wantOffline("a")
}

func onlineForItsTTL(c *check) {
	c.setOnline("a")
	c.wantOnline("a")
	c.wantOnlineFor(c.ttl, "a")
}

func setAgain(c *check) {
	c.setOnline("a")
	c.pass(c.ttl / 2)
	c.setOnline("a")
	c.wantOnlineFor(c.ttl, "a")
}

func setAfterDeath(c *check) {
	c.setOnline("a")
	c.pass(2 * c.ttl)
	c.wantOffline("a")
	c.setOnline("a")
	c.wantOnlineFor(c.ttl, "a")
}

func heardFrom(c *check) {
	c.setOnline("a")
	for range 6 {
		c.pass(c.ttl / 2)
		c.wantOnline("a")
		c.refresh("a")
	}
	c.wantOnlineFor(c.ttl, "a")
}

func eachItsOwnDeadline(c *check) {
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
}

func askingDoesNotExtend(c *check) {
	c.setOnline("a")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	c.wantOnline("a")
	c.wantOnlineUntil(end, "a")
}

func lifeOutlivesStore(c *check) {
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
}

func refreshGivesFullTTL(c *check) {
	c.setOnline("a")
	c.pass(c.ttl / 3)
	c.refresh("a")
	c.refresh("a")
	c.wantOnlineFor(c.ttl, "a")
}

func refreshAtTheLastMoment(c *check) {
	c.setOnline("a")
	c.justBefore(c.in(c.ttl))
	c.refresh("a")
	c.wantOnlineFor(c.ttl, "a")
}

func refreshOfUnknown(c *check) {
	c.wantNoRefresh("a")
	c.wantOffline("a")
	c.public().set("a", urlOf("a"))
	c.wantNoRefresh("a")
	c.wantOffline("a")
}

func refreshOfDead(c *check) {
	c.setOnline("seen", "unseen")
	c.justAfter(c.in(c.ttl))
	c.wantOffline("seen")
	for range 3 {
		c.wantNoRefresh("seen", "unseen")
		c.wantOffline("seen", "unseen")
		c.pass(c.ttl / 2)
	}
}

func refreshOfCleared(c *check) {
	c.setOnline("a")
	c.clear("a")
	c.wantNoRefresh("a")
	c.wantOffline("a")
}

func refreshIsOfOne(c *check) {
	c.setOnline("a", "b")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	c.refresh("b")
	c.justAfter(end)
	c.wantOffline("a")
	c.wantOnline("b")
}

func heartbeat(c *check) {
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
}
