package conformance

import "fmt"

// tally is what a sweep counts.
type tally struct{ online, late, waiting, held int }

func (t tally) String() string {
	return fmt.Sprintf("Online = %d, Late = %d, Waiting = %d, Held = %d", t.online, t.late, t.waiting, t.held)
}

// wantTally wants a sweep to count so many.
func (w *watch) wantTally(want tally) {
	s := w.sweep()
	if got := (tally{s.Online, s.Late, s.Waiting, s.Held}); got != want {
		w.fail("Sweep returns %v; want %v, after %v", got, want, w.passed)
	}
}

func countsOfALife(c *check) {
	w := c.watched()
	w.wantTally(tally{})
	w.setOnline("acknowledged", "back", "cleared")
	w.wantTally(tally{online: 3})
	w.pass(w.ttl / 2)
	w.setOnline("alive")
	w.justAfter(w.in(w.ttl / 2))
	w.wantTally(tally{online: 1, late: 3, waiting: 3})
	held := w.take("acknowledged", "back", "cleared")
	w.wantTally(tally{online: 1, late: 3, held: 3})
	w.acknowledge(held[0])
	w.wantTally(tally{online: 1, late: 3, held: 2})
	w.setOnline("back")
	w.wantTally(tally{online: 2, late: 2, held: 1})
	w.clear("cleared", "alive")
	w.wantTally(tally{online: 1, late: 1})
	w.setOnline("acknowledged")
	w.wantTally(tally{online: 2})
}

func lateForATTL(c *check) {
	w := c.watched()
	w.die("a", "b")
	late := w.in(w.ttl - w.after())
	w.take("a", "b")
	w.wantTally(tally{late: 2, held: 2})
	w.justBefore(late)
	w.wantTally(tally{late: 2, held: 2})
	w.justAfter(late)
	w.wantTally(tally{held: 2})
}

func lateThoughAcknowledged(c *check) {
	w := c.watched()
	w.die("silent", "back", "cleared", "disowned", "adopted")
	late := w.in(w.ttl - w.after())
	w.acknowledge(w.take("silent", "back", "cleared", "disowned", "adopted")...)
	w.wantTally(tally{late: 5})
	w.setOnline("back")
	w.wantTally(tally{online: 1, late: 4})
	w.clear("back", "cleared")
	w.wantTally(tally{late: 3})
	w.disown("disowned")
	w.wantTally(tally{late: 2})
	w.adopt("adopted")
	w.wantTally(tally{late: 1, held: 1})
	w.clear("adopted")
	w.wantTally(tally{late: 1})
	w.justBefore(late)
	w.wantTally(tally{late: 1})
	w.justAfter(late)
	w.wantTally(tally{})
}

// lateFromTheDetection finds a death long after its deadline.
func lateFromTheDetection(c *check) {
	w := c.watched()
	w.setOnline("a")
	late := w.in(2 * w.ttl)
	w.pass(w.ttl + w.ttl/2)
	w.wantTally(tally{late: 1, waiting: 1})
	w.justBefore(late)
	w.wantTally(tally{late: 1, waiting: 1})
	w.justAfter(late)
	w.wantTally(tally{waiting: 1})
}

func lateAfterAGrace(c *check) {
	w := c.unwatched()
	w.setOnline("a")
	w.pass(w.ttl / 2)
	w.sweep()
	end := w.in(w.ttl)
	w.justAfter(w.in(w.ttl / 2))
	w.wantTally(tally{late: 1, waiting: 1})
	w.justAfter(end)
	late := end + w.ttl
	w.wantTally(tally{late: 1, waiting: 1})
	w.justBefore(late)
	w.wantTally(tally{late: 1, waiting: 1})
	w.justAfter(late)
	w.wantTally(tally{waiting: 1})
}

func countsAgreeWithClaims(c *check) {
	w := c.watched()
	ids := names("crowd", 10)
	w.die(ids...)
	w.wantTally(tally{late: 10, waiting: 10})
	held := w.takeFor(w.ttl/4, ids...)
	w.wantTally(tally{late: 10, held: 10})
	w.putBack(0, held[:2]...)
	w.putBack(w.ttl, held[2:4]...)
	w.wantTally(tally{late: 10, waiting: 2, held: 8})
	w.justAfter(w.in(w.ttl / 4))
	w.wantTally(tally{late: 10, waiting: 8, held: 2})
	w.justAfter(w.in(w.ttl))
	w.wantTally(tally{waiting: 10})
	w.acknowledge(w.take(ids...)...)
	w.wantTally(tally{})
}

func adoptedIsLateWhenDue(c *check) {
	w := c.watched()
	w.adopt("heard", "silent")
	due := w.in(w.ttl)
	w.wantTally(tally{held: 2})
	w.justBefore(due)
	w.setOnline("heard")
	w.wantTally(tally{online: 1, held: 1})
	w.justAfter(due)
	w.wantTally(tally{online: 1, late: 1, waiting: 1})
	w.disown("heard", "silent")
	w.wantTally(tally{online: 1})
}
