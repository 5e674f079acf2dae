package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

func deathsOutliveStore(c *check) {
	w := c.watched()
	w.die("acknowledged", "back", "cleared", "held", "put-back", "waiting")
	first := w.take("acknowledged", "back", "cleared", "held", "put-back", "waiting")
	w.acknowledge(first[0])
	w.setOnline("back")
	w.clear("cleared")
	w.extend(w.ttl/4, first[3])
	w.putBack(w.ttl/4, first[4])
	w.putBack(0, first[5])

	w.reopen(0)
	w.sweep()
	w.pass(w.ttl / 2)
	w.refresh("back")
	w.justAfter(w.in(w.ttl / 2))
	w.sweep()
	again := w.take("held", "put-back", "waiting")
	for i, d := range again {
		if former := first[i+3]; d.Token <= former.Token {
			w.fail("a death of %q is handed out with the token %d, after %d before the store was closed",
				d.ID, d.Token, former.Token)
		}
	}
	w.wantLost(first...)
	w.acknowledge(again...)
	w.wantOnline("back")
}

func acknowledgementsOutliveStore(c *check) {
	w := c.watched()
	w.die("a", "b")
	held := w.take("a", "b")
	w.cacheBoth("a")
	w.cacheBoth("b")
	w.acknowledge(held[0])
	w.reopen(0)
	w.sweep()
	w.wantNeither("a")
	w.wantBoth("b")
	w.wantDeaths("b")
	w.wantOffline("a", "b")
}

func deadWhileClosed(c *check) {
	w := c.watched()
	w.setOnline("a", "b")
	w.sweep()
	w.justBefore(w.in(w.ttl))
	w.refresh("b")
	w.reopen(w.ttl / 2)
	w.sweep()
	w.refresh("b")
	w.wantDeaths("a")
	w.justAfter(w.in(w.ttl))
	w.sweep()
	w.take("a", "b")
}

// unclaimedForADay needs a store that keeps deaths as long as by default. Where
// time is real it does not wait for the end of that.
func unclaimedForADay(c *check) {
	w := c.watched()
	w.die("claimed")
	w.putBack(0, w.take("claimed")...)
	w.die("unclaimed")
	if c.h.sleeps() {
		w.pass(2 * w.ttl)
		w.wantKept(2, 0)
		return
	}
	w.pass(store.DefaultKeepDeaths - time.Hour)
	w.wantKept(2, 0)
	w.pass(time.Hour)
	w.wantKept(1, 1)
	w.wantDeaths("claimed")
	w.justAfter(w.in(w.ttl))
	w.wantAttempt(2, w.take("claimed")...)
	w.die("unclaimed")
	w.wantAttempt(1, w.take("unclaimed")...)
}

func (w *watch) wantKept(waiting int, dropped int64) {
	if s := w.sweep(); s.Waiting != waiting || s.Dropped != dropped {
		w.fail("Sweep returns Waiting = %d and Dropped = %d, want %d and %d, after %v",
			s.Waiting, s.Dropped, waiting, dropped, w.passed)
	}
}
