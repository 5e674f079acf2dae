package conformance

func withdrawnIsOnline(c *check) {
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
}

func withdrawAsksFor(c *check) {
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
}

// withdrawnAndStillSilent wants deaths in a row to be dated by the first.
func withdrawnAndStillSilent(c *check) {
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
}

// withdrawnAndHeardFrom wants a heartbeat of each kind to begin a new row.
func withdrawnAndHeardFrom(c *check) {
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
}

func withdrawnAndCleared(c *check) {
	w := c.withDeaths("a")
	w.withdraw(w.claim("a")...)
	w.clear("a")
	w.die("a")
	w.wantSince(w.claim("a")[0], w.passed-w.after())
}

// withdrawnAfterAComeback has the workspace come back before its death is withdrawn.
func withdrawnAfterAComeback(c *check) {
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
}

func withdrawnAfterAClear(c *check) {
	w := c.withDeaths("a")
	leased := w.claim("a")
	w.clear("a")
	w.withdraw(leased...)
	w.wantOffline("a")
	w.wantPending()
}

func withdrawnKeepsURLs(c *check) {
	w := c.withDeaths("a")
	w.cacheBoth("a")
	w.withdraw(w.claim("a")...)
	w.wantBoth("a")
}
