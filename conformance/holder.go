package conformance

import (
	"slices"

	"github.com/molecule-ai/liveness/store"
)

func formerHolder(c *check) {
	w := c.watched()
	w.die("a")
	former := w.takeFor(w.ttl/4, "a")
	w.justAfter(w.in(w.ttl / 4))
	present := w.take("a")
	w.wantLost(former...)
	w.take()
	w.wantHeld(present...)
	w.acknowledge(present...)
	w.wantLost(former...)
	w.wantLost(present...)
}

func holderWhoseLeaseEnded(c *check) {
	w := c.watched()
	w.die("acknowledges", "extends", "puts-back")
	held := w.takeFor(w.ttl/4, "acknowledges", "extends", "puts-back")
	w.justAfter(w.in(w.ttl / 4))
	w.sweep()
	w.acknowledge(held[0])
	w.wantHeld(held[1])
	w.putBack(w.ttl, held[2])
	w.take()
	w.wantHeld(held[1])
}

func extendBeginsTheLeaseAnew(c *check) {
	w := c.watched()
	w.die("a")
	first := w.in(w.ttl)
	held := w.takeFor(w.ttl, "a")
	w.pass(w.ttl / 2)
	w.extend(w.ttl, held...)
	second := w.in(w.ttl)
	w.justAfter(first)
	w.take()
	w.justBefore(second)
	w.sweep()
	w.take()
	w.justAfter(second)
	w.take("a")
}

func extendShortens(c *check) {
	w := c.watched()
	w.die("a")
	held := w.take("a")
	w.extend(w.ttl/4, held...)
	end := w.in(w.ttl / 4)
	w.justBefore(end)
	w.take()
	w.justAfter(end)
	w.take("a")
}

func extendAnswersInOrder(c *check) {
	w := c.watched()
	w.die("acknowledged", "back", "held", "put-back")
	all := w.take("acknowledged", "back", "held", "put-back")
	acknowledged, back, held, given := all[0], all[1], all[2], all[3]
	w.acknowledge(acknowledged)
	w.setOnline("back")
	w.putBack(w.ttl, given)
	got := w.extend(w.long(), held, back, held, acknowledged, given, held)
	if want := []bool{true, false, true, false, false, true}; !slices.Equal(got, want) {
		w.fail("Extend returns %v, want %v", got, want)
	}
	w.extend(w.long())
}

func acknowledgedIsOver(c *check) {
	w := c.watched()
	w.die("a", "b")
	held := w.take("a", "b")
	w.acknowledge(held[0])
	w.wantLost(held[0])
	w.wantDeaths("b")
	w.pass(w.ttl)
	w.sweep()
	w.take()
	w.wantHeld(held[1])
	w.wantOffline("a", "b")
}

func givenUpIsLost(c *check) {
	w := c.watched()
	w.die("a")
	held := w.take("a")
	w.putBack(0, held...)
	w.wantLost(held...)
	w.take("a")
	w.wantLost(held...)
}

func unclaimedHasNoHolder(c *check) {
	w := c.watched()
	w.die("a")
	w.wantLost(store.Death{ID: "a"}, store.Death{ID: "a", Attempt: 1}, w.deaths()["a"], store.Death{ID: "unknown", Token: 1})
	w.take("a")
	w.wantLost(store.Death{ID: "a"}, w.deaths()["a"])
}

func acknowledgeForgetsURLs(c *check) {
	w := c.watched()
	w.die("a", "b")
	for _, id := range []string{"a", "aa", "b", "*"} {
		w.cacheBoth(id)
	}
	held := w.take("a", "b")
	w.acknowledge(held[0])
	w.wantNeither("a")
	for _, id := range []string{"aa", "b", "*"} {
		w.wantBoth(id)
	}
}

func formerHolderForgetsNoURLs(c *check) {
	w := c.watched()
	w.die("a", "b")
	w.cacheBoth("a")
	w.cacheBoth("b")
	held := w.take("a", "b")
	w.putBack(0, held[0])
	w.acknowledge(held[1])
	w.cacheBoth("b")
	w.wantLost(held...)
	w.wantBoth("a")
	w.wantBoth("b")
}
