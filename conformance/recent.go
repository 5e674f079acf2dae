package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

func (w *watch) wantReturned(want int64) {
	if got := w.sweep().Returned; got != want {
		w.fail("Sweep returns Returned = %d, want %d, after %v", got, want, w.passed)
	}
}

func recentForATTL(c *check) {
	w := c.withDeaths("a", "b")
	w.wantTally(tally{ready: 2, fresh: 2})
	leased := w.handOut("a", "b")
	end := w.in(w.ttl)
	w.wantTally(tally{leased: 2, recent: 2})
	w.pass(w.ttl / 2)
	w.acknowledge(leased[1])
	later := w.in(w.ttl)
	w.justBefore(end)
	w.wantTally(tally{leased: 1, recent: 2})
	w.justAfter(end)
	w.wantTally(tally{leased: 1, recent: 1})
	w.justBefore(later)
	w.wantTally(tally{leased: 1, recent: 1})
	w.justAfter(later)
	w.wantTally(tally{leased: 1})
}

func recentUntilBack(c *check) {
	w := c.withDeaths("back", "cleared", "later", "leased")
	leased := w.handOut("back", "cleared", "later", "leased")
	w.acknowledge(leased[0], leased[2])
	w.wantReturned(0)
	w.setOnline("back", "leased")
	w.setOnline("back", "leased")
	w.wantReturned(2)
	w.clear("cleared", "back")
	w.setOnline("back", "cleared")
	w.wantReturned(2)
	w.sweepAfter(w.in(w.ttl))
	w.setOnline("later")
	w.wantReturned(2)
}

func recentThoughRegistered(c *check) {
	w := c.watched()
	r := w.registrar()
	w.die("a")
	w.acknowledge(w.handOut("a")...)
	r.register("a", "", "")
	w.wantTally(tally{online: 1})
	w.wantReturned(1)
}

// recentThoughGranted ends the restart with SetOnlineFor: the workspace has come
// back once it is heard from beyond that.
func recentThoughGranted(c *check) {
	w := c.watched()
	g := w.granter()
	w.die("alive", "silent")
	w.acknowledge(w.handOut("alive", "silent")...)
	g.setOnline("alive", w.ttl/4)
	g.setOnline("silent", w.ttl/4)
	end := w.in(w.ttl / 4)
	w.wantTally(tally{online: 2, recent: 2})
	w.wantReturned(0)
	w.justBefore(end)
	w.refresh("alive")
	w.justAfter(end)
	w.wantDetected("silent")
	w.wantTally(tally{online: 1, ready: 1, fresh: 1, recent: 1})
	w.wantReturned(1)
}

// acknowledgedThoughGranted ends a lease whose death has ended with the grant.
func acknowledgedThoughGranted(c *check) {
	w := c.watched()
	g := w.granter()
	w.die("a")
	leased := w.handOut("a")
	end := w.in(w.ttl)
	w.pass(w.ttl / 2)
	g.setOnline("a", w.ttl)
	w.acknowledge(leased...)
	w.justBefore(end)
	w.wantTally(tally{online: 1, recent: 1})
	w.justAfter(end)
	w.wantTally(tally{online: 1})
}

func withdrawnIsNotBack(c *check) {
	w := c.withDeaths("a")
	w.release(0, w.handOut("a")...)
	w.withdraw(w.claim("a")...)
	w.wantTally(tally{online: 1, recent: 1})
	w.wantReturned(0)
}

// heardAfterAWithdrawal has a TTL that ends while the workspace is recent.
func heardAfterAWithdrawal(c *check) {
	c.open(store.TTLs{For: func(string) time.Duration { return c.ttl / 4 }})
	w := c.withDeaths("alive", "silent")
	w.release(0, w.handOut("alive", "silent")...)
	w.withdraw(w.claim("alive", "silent")...)
	end := w.in(w.ttl / 4)
	w.justBefore(end)
	w.refresh("alive")
	w.justAfter(end)
	w.wantReturned(1)
}
