package conformance

import "github.com/molecule-ai/liveness/store/driver"

// raceChecks are those of R4: a comeback and a call of the holder at once.
func raceChecks() []entry {
	return []entry{
		{"R4", "a comeback and an acknowledgement are one after the other", timed, func(c *check) {
			c.backAgainst(func(w *watch, d driver.Death) { w.acknowledge(d) })
		}},

		{"R4", "a comeback and a release are one after the other", timed, func(c *check) {
			c.backAgainst(func(w *watch, d driver.Death) { w.release(0, d) })
		}},

		{"R4", "a comeback and a withdrawal are one after the other", timed, func(c *check) {
			c.backAgainst(func(w *watch, d driver.Death) { w.withdraw(d) })
		}},

		// The URLs are forgotten only where the death was handed out.
		{"R4", "a comeback and a hand-out are one after the other", timed, func(c *check) {
			const crowd = 30
			ids := names("crowd", crowd)
			w := c.withDeaths(ids...)
			leased := w.claim(ids...)
			w.cacheBoth(ids...)
			standings := make([]driver.Standing, crowd)
			w.race(leased, func(i int) { standings[i] = w.tryBegin(leased[i]) }, w.comeBack(leased))
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
		}},

		// A lease that is extended at that moment lasts.
		{"R4", "a comeback and an extension are one after the other", timed, func(c *check) {
			const crowd = 30
			ids := names("crowd", crowd)
			w := c.withDeaths(ids...)
			leased := w.claimFor(w.ttl/4, ids...)
			end := w.in(w.ttl / 4)
			w.race(leased, func(i int) {
				if s := w.extend(w.long(), leased[i])[0]; s == driver.Lost {
					w.fail("Extend of the death of %q reports %q to its holder", leased[i].ID, s)
				}
			}, w.comeBack(leased))
			w.justAfter(end)
			w.wantOnline(ids...)
			w.wantCameBack(leased...)
		}},
	}
}

// race calls both functions about each of the deaths at once. Each of them is called
// first for half of the deaths.
func (w *watch) race(leased []driver.Death, one, other func(i int)) {
	w.spread(2*len(leased), func(n int) {
		if i := n / 2; (n+i)%2 == 0 {
			one(i)
		} else {
			other(i)
		}
	})
}

// comeBack returns a function that brings the workspace of a death back.
func (w *watch) comeBack(leased []driver.Death) func(i int) {
	return func(i int) { w.setOnline(leased[i].ID) }
}

// backAgainst lets workspaces come back while a call of their holder runs: each
// call comes before the comeback or after it.
func (c *check) backAgainst(call func(w *watch, d driver.Death)) {
	const crowd = 30
	ids := names("crowd", crowd)
	w := c.withDeaths(ids...)
	leased := w.claim(ids...)
	w.race(leased, func(i int) { call(w, leased[i]) }, w.comeBack(leased))
	w.wantOnline(ids...)
	w.wantPending()
	w.claim()
}
