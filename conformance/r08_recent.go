package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// recentChecks are those of R8: recent workspaces, and those that returned.
func recentChecks() []entry {
	return []entry{
		{"R8", "a workspace is recent for a TTL after its hand-out or acknowledgement", timed, func(c *check) {
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
		}},

		{"R8", "a workspace is recent until it is back, which is counted, or cleared", timed, func(c *check) {
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
		}},

		{"R8", "Register is a comeback", timed, func(c *check) {
			w := c.watched()
			r := w.registrar()
			w.die("a")
			w.acknowledge(w.handOut("a")...)
			r.register("a", "", "")
			w.wantTally(tally{online: 1})
			w.wantReturned(1)
		}},

		// The handler calls SetOnlineFor. The workspace has come back once it is heard from
		// beyond that.
		{"R8", "a grant is a comeback once its deadline has passed", timed, func(c *check) {
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
		}},

		// The grant has ended the death already.
		{"R8", "an acknowledgement after a grant prolongs nothing", timed, func(c *check) {
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
		}},

		{"R8", "a withdrawal is no comeback", timed, func(c *check) {
			w := c.withDeaths("a")
			w.release(0, w.handOut("a")...)
			w.withdraw(w.claim("a")...)
			w.wantTally(tally{online: 1, recent: 1})
			w.wantReturned(0)
		}},

		// The TTL ends while the workspace is recent.
		{"R8", "a withdrawal is a comeback once its deadline has passed", timed, func(c *check) {
			c.open(store.TTLs{For: func(string) time.Duration { return c.ttl / 4 }})
			w := c.withDeaths("alive", "silent")
			w.release(0, w.handOut("alive", "silent")...)
			w.withdraw(w.claim("alive", "silent")...)
			end := w.in(w.ttl / 4)
			w.justBefore(end)
			w.refresh("alive")
			w.justAfter(end)
			w.wantReturned(1)
		}},
	}
}

func (w *watch) wantReturned(want int64) {
	if got := w.sweep().Returned; got != want {
		w.fail("Sweep returns Returned = %d, want %d, after %v", got, want, w.passed)
	}
}
