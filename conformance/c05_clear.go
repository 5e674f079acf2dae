package conformance

// clearChecks are those of C5.
func clearChecks() []entry {
	return []entry{
		{"C5", "Clear forgets all three", atOnce, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			c.clear("a")
			c.wantOffline("a")
			c.wantNeither("a")
		}},

		{"C5", "Clear forgets the URLs of an offline workspace", atOnce, func(c *check) {
			c.cacheBoth("a")
			c.clear("a")
			c.wantNeither("a")
			c.wantOffline("a")
		}},

		{"C5", "Clear forgets nothing of others", atOnce, func(c *check) {
			others := []string{"aa", "A", "a.", "a*", "*", "b", "url", "internal_url"}
			c.setOnline(append(others, "a")...)
			c.cacheBoth(append(others, "a")...)
			c.clear("a")
			c.wantOnline(others...)
			c.wantBoth(others...)
			c.wantOffline("a")
		}},

		{"C5", "Clear of an unknown workspace succeeds", timed, func(c *check) {
			c.clear("unknown")
			c.setOnline("dead", "cleared")
			c.clear("cleared", "cleared")
			c.justAfter(c.in(c.ttl))
			c.clear("dead")
			c.wantOffline("unknown", "dead", "cleared")
		}},

		{"C5", "a life after Clear is a new one", timed, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			c.pass(c.ttl / 2)
			c.clear("a")
			c.setOnline("a")
			c.wantOnline("a")
			c.wantNeither("a")
			c.wantOnlineFor(c.ttl, "a")
		}},

		// A reader that has seen one of the three gone sees none of them afterwards.
		{"C5", "Clear is one step for all readers", atOnce, func(c *check) {
			const rounds, readers, looks = 20, 4, 300
			for range rounds {
				c.setOnline("a")
				c.cacheBoth("a")
				look := []func() bool{
					func() bool { return !c.isOnline("a") },
					func() bool { return c.gone(c.public(), "a") },
					func() bool { return c.gone(c.internal(), "a") },
				}
				c.callers(1+readers, func(i int) {
					if i == 0 {
						c.clear("a")
						return
					}
					seen, step := 0, 1+i%2
					for j := 0; j < looks && seen < len(look); j++ {
						if look[(i+j*step)%len(look)]() {
							seen++
						} else if seen > 0 {
							c.fail("a part of the workspace is still there after another was seen cleared")
						}
					}
				})
				c.wantOffline("a")
				c.wantNeither("a")
			}
		}},

		{"C5", "a cleared workspace stays cleared when the store is opened again", atOnce, func(c *check) {
			c.setOnline("a", "b")
			c.cacheBoth("a")
			c.clear("a")
			c.reopen(0)
			c.wantOffline("a")
			c.wantNoRefresh("a")
			c.wantNeither("a")
			c.wantOnline("b")
		}},

		{"C5", "a cleared workspace has no death, whatever its state was", timed, func(c *check) {
			w := c.watched()
			w.clearedIsNoDeath(w.clear)
			w.die("alive", "ready")
			w.wantAttempt(1, w.claim("alive", "ready")...)
		}},
	}
}
