package conformance

// withdrawChecks are those of Reaper.Withdraw.
func withdrawChecks() []entry {
	return []entry{
		{"Withdraw", "a withdrawn workspace is online for its TTL", timed, func(c *check) {
			w := c.withDeaths("a", "b")
			leased := w.claim("a", "b")
			w.withdraw(leased[0])
			end := w.in(w.ttl)
			w.wantOnline("a")
			w.wantOffline("b")
			w.wantPending("b")
			w.wantLost(leased[0])
			w.wantHeld(leased[1])
			w.justBefore(end)
			w.wantOnline("a")
			w.wantDetected()
			w.justAfter(end)
			w.wantOffline("a")
			w.wantDetected("a")
			w.wantAttempt(1, w.claim("a")...)
		}},

		{"Withdraw", "Withdraw asks For", timed, func(c *check) {
			now := c.openVarying()
			w := c.withDeaths("a")
			now.set(w.ttl / 2)
			w.withdraw(w.claim("a")...)
			end := w.in(w.ttl / 2)
			w.wantNextBy(end)
			w.justBefore(end)
			w.wantOnline("a")
			w.justAfter(end)
			w.wantDetected("a")
			w.wantDeadline(w.claim("a")[0], end)
		}},

		{"Withdraw", "a death that follows withdrawals is dated by the first", timed, func(c *check) {
			w := c.withDeaths("a")
			first := w.passed - w.after()
			for range 3 {
				d := w.claim("a")[0]
				w.wantSince(d, first)
				w.wantDeadline(d, w.passed-w.after())
				w.wantSince(w.pending()["a"].Death, first)
				w.withdraw(d)
				w.justAfter(w.in(w.ttl))
				w.wantDetected("a")
			}
		}},

		{"Withdraw", "a heartbeat after a withdrawal begins anew", timed, func(c *check) {
			w := c.withDeaths("refreshed", "set")
			w.withdraw(w.claim("refreshed", "set")...)
			w.pass(w.ttl / 2)
			w.refresh("refreshed")
			w.setOnline("set")
			end := w.in(w.ttl)
			w.justAfter(end)
			w.wantDetected("refreshed", "set")
			for _, d := range w.claim("refreshed", "set") {
				w.wantSince(d, end)
				w.wantDeadline(d, end)
			}
		}},

		{"Withdraw", "a Clear after a withdrawal begins anew", timed, func(c *check) {
			w := c.withDeaths("a")
			w.withdraw(w.claim("a")...)
			w.clear("a")
			w.die("a")
			w.wantSince(w.claim("a")[0], w.passed-w.after())
		}},

		{"Withdraw", "a withdrawal after a comeback leaves the life alone", timed, func(c *check) {
			w := c.withDeaths("a")
			leased := w.claim("a")
			w.setOnline("a")
			end := w.in(w.ttl)
			w.pass(w.ttl / 2)
			w.withdraw(leased...)
			w.wantLost(leased...)
			w.wantOnlineUntil(end, "a")
			w.wantDetected("a")
			w.wantSince(w.claim("a")[0], end)
		}},

		{"Withdraw", "a withdrawal after a Clear leaves the workspace cleared", timed, func(c *check) {
			w := c.withDeaths("a")
			leased := w.claim("a")
			w.clear("a")
			w.withdraw(leased...)
			w.wantOffline("a")
			w.wantPending()
		}},

		{"Withdraw", "a withdrawal leaves the URLs", timed, func(c *check) {
			w := c.withDeaths("a")
			w.cacheBoth("a")
			w.withdraw(w.claim("a")...)
			w.wantBoth("a")
		}},

		{"Withdraw", "a withdrawal outlives the store", timed, func(c *check) {
			w := c.withDeaths("heard", "silent")
			first := w.passed - w.after()
			w.withdraw(w.claim("heard", "silent")...)
			w.pass(w.ttl / 2)
			w.refresh("heard")
			heard := w.in(w.ttl)
			w.reopen(0)
			w.sweep()
			w.justAfter(heard)
			w.wantDetected("heard", "silent")
			all := w.claim("heard", "silent")
			w.wantSince(all[0], heard)
			w.wantSince(all[1], first)
		}},

		{"Withdraw", "a first death is dated by itself", timed, func(c *check) {
			w := c.withDeaths("a")
			d := w.claim("a")[0]
			w.wantSince(d, w.passed-w.after())
			if !d.Since.Equal(d.Deadline) {
				w.fail("Since of a first death is %v, want its deadline, %v", d.Since, d.Deadline)
			}
		}},
	}
}
