package conformance

// deadURLChecks are those of C3: which URLs the hand-out of a death forgets.
func deadURLChecks() []entry {
	return []entry{
		{"C3", "the first hand-out of a death forgets the URLs of its workspace", timed, func(c *check) {
			w := c.withDeaths("a", "b")
			w.cacheBoth("a", "aa", "b", "*")
			w.sweep()
			w.wantBoth("a")
			leased := w.claim("a", "b")
			w.wantBoth("a")
			w.begin(leased[0])
			w.wantNeither("a")
			w.wantBoth("aa", "b", "*")
		}},

		{"C3", "a URL that is cached after the hand-out stays, whatever the holder does", timed, func(c *check) {
			w := c.withDeaths("acknowledged", "again", "released")
			leased := w.handOut("acknowledged", "again", "released")
			for _, d := range leased {
				w.cacheBoth(d.ID)
			}
			w.acknowledge(leased[0])
			w.release(0, leased[1])
			w.release(w.ttl, leased[2])
			w.handOut("again")
			for _, d := range leased {
				w.wantBoth(d.ID)
			}
			w.forget("again", "released")
			w.wantBoth("again")
			w.wantBoth("released")
		}},

		// The caller claims and releases, and hands nothing out.
		{"C3", "a claim alone forgets no URL", timed, func(c *check) {
			w := c.withDeaths("a")
			w.cacheBoth("a")
			for range 3 {
				w.release(0, w.claim("a")...)
			}
			w.wantBoth("a")
			w.acknowledge(w.claim("a")...)
			w.wantBoth("a")
		}},

		{"C3", "a URL stays during a grace", timed, func(c *check) {
			w := c.newWatch()
			w.setOnline("a")
			w.pass(w.ttl / 2)
			w.sweep()
			end := w.in(w.ttl)
			w.cacheBoth("a")
			w.justAfter(w.in(w.ttl / 2))
			w.wantDetected("a")
			w.claim()
			w.wantBoth("a")
			w.justAfter(end)
			w.handOut("a")
			w.wantNeither("a")
		}},

		{"C3", "the URLs of a workspace that came back before the hand-out stay", timed, func(c *check) {
			w := c.withDeaths("a")
			w.cacheBoth("a")
			leased := w.claim("a")
			w.setOnline("a")
			w.wantCameBack(leased...)
			w.wantBoth("a")
			w.acknowledge(leased...)
			w.wantBoth("a")
		}},

		{"C3", "the first hand-out of the next death forgets again", timed, func(c *check) {
			w := c.withDeaths("a")
			w.acknowledge(w.handOut("a")...)
			w.die("a")
			w.cacheBoth("a")
			w.handOut("a")
			w.wantNeither("a")
		}},

		{"C3", "a former holder forgets no URLs", timed, func(c *check) {
			w := c.withDeaths("a", "b")
			w.cacheBoth("a")
			w.cacheBoth("b")
			leased := w.claim("a", "b")
			w.release(0, leased[0])
			w.acknowledge(leased[1])
			w.wantLost(leased...)
			w.wantBoth("a")
			w.wantBoth("b")
		}},

		{"C3", "an adoption alone forgets no URL", timed, func(c *check) {
			w := c.watched()
			w.cacheBoth("a")
			w.adopt(w.at(w.passed), "a")
			w.wantBoth("a")
			w.justAfter(w.in(0))
			leased := w.claim("a")
			w.wantBoth("a")
			w.begin(leased...)
			w.wantNeither("a")
		}},
	}
}
