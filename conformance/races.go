package conformance

import (
	"github.com/molecule-ai/liveness/store/driver"
)

// first reports which of two callers about number i/2 caller i is, so that
// each is the earlier one for half of the numbers.
func first(i int) bool { return (i+i/2)%2 == 0 }

// backAgainst lets workspaces come back while a call of their holder runs: each
// call comes before the comeback or after it.
func (c *check) backAgainst(call func(w *watch, d driver.Death)) *watch {
	const crowd = 30
	w := c.watched()
	ids := names("crowd", crowd)
	w.die(ids...)
	leased := w.claim(ids...)
	w.spread(2*crowd, func(i int) {
		if d := leased[i/2]; first(i) {
			call(w, d)
		} else {
			w.setOnline(d.ID)
		}
	})
	w.wantOnline(ids...)
	w.wantPending()
	w.claim()
	return w
}

func backAgainstAcknowledge(c *check) {
	c.backAgainst(func(w *watch, d driver.Death) { w.acknowledge(d) })
}

func backAgainstRelease(c *check) {
	c.backAgainst(func(w *watch, d driver.Death) { w.release(0, d) })
}

func backAgainstWithdraw(c *check) {
	c.backAgainst(func(w *watch, d driver.Death) { w.withdraw(d) })
}

// backAgainstBegin caches URLs before and after the race: they are forgotten
// only where the death was handed out.
func backAgainstBegin(c *check) {
	const crowd = 30
	w := c.watched()
	ids := names("crowd", crowd)
	w.die(ids...)
	leased := w.claim(ids...)
	for _, id := range ids {
		w.cacheBoth(id)
	}
	standings := make([]driver.Standing, crowd)
	w.spread(2*crowd, func(i int) {
		if d := leased[i/2]; first(i) {
			standings[i/2] = w.tryBegin(d)
		} else {
			w.setOnline(d.ID)
		}
	})
	for i, d := range leased {
		switch standings[i] {
		case driver.Held:
			w.wantNeither(d.ID)
		case driver.CameBack:
			w.wantBoth(d.ID)
		default:
			w.fail("Begin of the death of %q reports %q to its holder", d.ID, standings[i])
		}
	}
	w.wantOnline(ids...)
	w.wantPending()
	w.wantCameBack(leased...)
}

// backAgainstExtend wants a lease that is extended beside a comeback to last.
func backAgainstExtend(c *check) {
	const crowd = 30
	w := c.watched()
	ids := names("crowd", crowd)
	w.die(ids...)
	leased := w.claimFor(w.ttl/4, ids...)
	end := w.in(w.ttl / 4)
	w.spread(2*crowd, func(i int) {
		if d := leased[i/2]; first(i) {
			if s := w.extend(w.long(), d)[0]; s == driver.Lost {
				w.fail("Extend of the death of %q reports %q to its holder", d.ID, s)
			}
		} else {
			w.setOnline(d.ID)
		}
	})
	w.justAfter(end)
	w.wantOnline(ids...)
	w.wantCameBack(leased...)
}
