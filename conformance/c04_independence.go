package conformance

// independenceChecks are those of C4: a life and two URLs end each at its time.
func independenceChecks() []entry {
	return []entry{
		{"C4", "the two URLs are two", atOnce, func(c *check) {
			public, internal := c.public(), c.internal()
			public.set("a", urlOf("public"))
			internal.wantNone("a")
			internal.set("b", urlOf("internal"))
			public.wantNone("b")

			internal.set("a", urlOf("other"))
			public.want("a", urlOf("public"))
			public.set("a", urlOf("new"))
			internal.want("a", urlOf("other"))
		}},

		{"C4", "the two URLs expire each at its time", timed, func(c *check) {
			public, internal := c.public(), c.internal()
			public.set("a", urlOf("public"))
			first := c.in(c.urlTTL)
			c.pass(c.urlTTL / 2)
			internal.set("a", urlOf("internal"))
			second := c.in(c.urlTTL)

			c.justAfter(first)
			public.wantNone("a")
			c.justBefore(second)
			internal.want("a", urlOf("internal"))
			c.justAfter(second)
			internal.wantNone("a")
		}},

		{"C4", "a workspace that is offline has URLs", atOnce, func(c *check) {
			c.cacheBoth("a")
			c.wantBoth("a")
			c.wantOffline("a")
			c.setOnline("a")
			c.wantBoth("a")
		}},

		{"C4", "URLs outlive the life", timed, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			c.justAfter(c.in(c.ttl))
			c.wantOffline("a")
			c.wantNoRefresh("a")
			c.wantBoth("a")
		}},

		{"C4", "the life outlives the URLs", timed, func(c *check) {
			c.cacheBoth("a")
			end := c.in(c.urlTTL)
			c.pass(c.urlTTL * 2 / 3)
			c.setOnline("a")
			c.justAfter(end)
			c.wantNeither("a")
			c.wantOnline("a")
		}},

		{"C4", "heartbeats do not keep URLs", timed, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			end := c.in(c.urlTTL)
			c.pass(c.urlTTL / 3)
			c.refresh("a")
			c.pass(c.urlTTL / 3)
			c.setOnline("a")
			c.wantBothUntil(end, "a")
			c.wantOnline("a")
		}},

		{"C4", "caching a URL keeps no workspace online", timed, func(c *check) {
			c.setOnline("a")
			end := c.in(c.ttl)
			c.pass(c.ttl / 2)
			c.cacheBoth("a")
			c.wantBoth("a")
			c.wantOnlineUntil(end, "a")
			c.cacheBoth("a")
			c.wantOffline("a")
		}},
	}
}
