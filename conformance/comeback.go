package conformance

func backBeforeTheClaim(c *check) {
	w := c.watched()
	w.die("back", "dead")
	w.setOnline("back")
	w.wantDeaths("dead")
	w.take("dead")
	w.wantOnline("back")
}

func backBeforeTheSweep(c *check) {
	w := c.watched()
	w.setOnline("back", "dead")
	w.justAfter(w.in(w.ttl))
	w.setOnline("back")
	w.wantFound("dead")
	w.take("dead")
	w.wantDeaths("dead")
	w.wantOnline("back")
}

func backWhileHeld(c *check) {
	w := c.watched()
	w.die("back", "dead")
	held := w.take("back", "dead")
	w.setOnline("back")
	w.wantLost(held[0])
	w.wantHeld(held[1])
	w.wantDeaths("dead")
	w.wantOnlineFor(w.ttl, "back")
}

func backAfterPutBack(c *check) {
	w := c.watched()
	w.die("a")
	w.putBack(w.ttl/4, w.take("a")...)
	w.setOnline("a")
	w.pass(w.ttl / 2)
	w.sweep()
	w.take()
	w.wantOnline("a")
}

func backWithItsURLs(c *check) {
	w := c.watched()
	w.die("a")
	w.cacheBoth("a")
	held := w.take("a")
	w.setOnline("a")
	w.wantLost(held...)
	w.wantBoth("a")
	w.wantOnline("a")
}

func refreshEndsNoDeath(c *check) {
	w := c.watched()
	w.die("a")
	w.wantNoRefresh("a")
	held := w.take("a")
	w.wantNoRefresh("a")
	w.wantHeld(held...)
	w.acknowledge(held...)
	w.wantNoRefresh("a")
}

func nextSilence(c *check) {
	w := c.watched()
	w.die("held", "put-back", "waiting")
	w.putBack(0, w.take("held", "put-back", "waiting")...)
	former := w.takeFor(w.ttl/4, "held", "put-back", "waiting")
	w.wantAttempt(2, former...)
	w.extend(w.long(), former[0])
	w.putBack(w.long(), former[1])
	w.justAfter(w.in(w.ttl / 4))
	w.sweep()

	w.setOnline("held", "put-back", "waiting")
	end := w.in(w.ttl)
	w.justAfter(end)
	w.wantFound("held", "put-back", "waiting")
	next := w.take("held", "put-back", "waiting")
	w.wantAttempt(1, next...)
	for i, d := range next {
		w.wantDeadline(d, end)
		if d.Token <= former[i].Token {
			w.fail("the next death of %q has the token %d, want more than %d", d.ID, d.Token, former[i].Token)
		}
	}
	w.wantLost(former...)
	w.wantHeld(next...)
}

func nextSilenceAfterAcknowledge(c *check) {
	w := c.watched()
	for range 3 {
		w.die("a")
		held := w.take("a")
		w.wantAttempt(1, held...)
		w.wantDeadline(held[0], w.passed-w.after())
		w.acknowledge(held...)
	}
}

// backAgainstAcknowledge lets workspaces come back while their deaths are
// acknowledged: one comes first, and who comes second finds it done.
func backAgainstAcknowledge(c *check) {
	const crowd = 40
	w := c.watched()
	ids := names("crowd", crowd)
	w.die(ids...)
	held := w.take(ids...)
	for _, id := range ids {
		w.cacheBoth(id)
	}
	ended := make([]bool, crowd)
	w.spread(2*crowd, func(i int) {
		if d := held[i/2]; i%2 == 0 {
			ended[i/2] = w.tryAcknowledge(d)
		} else {
			w.setOnline(d.ID)
		}
	})
	for i, d := range held {
		if ended[i] {
			w.wantNeither(d.ID)
		} else {
			w.wantBoth(d.ID)
		}
	}
	w.wantOnline(ids...)
	w.wantDeaths()
	w.wantLost(held...)
}

// clearedIsNoDeath clears workspaces in every state that a death can be in.
func clearedIsNoDeath(c *check) {
	w := c.watched()
	w.clearedIsNoDeath(w.clear)
	w.die("alive", "held", "waiting")
	w.wantAttempt(1, w.take("alive", "held", "waiting")...)
}

func clearManyLeavesNoDeath(c *check) {
	b := c.batcher()
	c.watched().clearedIsNoDeath(b.clear)
}

func (w *watch) clearedIsNoDeath(clear func(ids ...string)) {
	w.die("held")
	held := w.take("held")
	w.die("waiting")
	w.setOnline("unseen")
	w.pass(w.ttl / 2)
	w.setOnline("alive", "other")
	w.justAfter(w.in(w.ttl / 2))
	clear("alive", "held", "unseen", "waiting")
	w.wantLost(held...)
	w.wantDeaths()
	w.justAfter(w.in(w.ttl))
	w.sweep()
	w.take("other")
}
