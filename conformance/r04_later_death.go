package conformance

import "github.com/molecule-ai/liveness/store/driver"

// laterDeathChecks are those of R4: the death of a workspace that came back and is silent again.
func laterDeathChecks() []entry {
	return []entry{
		{"R4", "a later death waits for the acknowledgement", timed, func(c *check) {
			w, former := diedAgain(c)
			w.acknowledge(former)
			w.wantNewDeath(former)
		}},

		// The delay is that of the death that was released.
		{"R4", "a later death waits for the release, and for no delay", timed, func(c *check) {
			w, former := diedAgain(c)
			w.release(w.long(), former)
			w.wantNewDeath(former)
		}},

		{"R4", "a later death waits for the withdrawal, and is not withdrawn", timed, func(c *check) {
			w, former := diedAgain(c)
			w.withdraw(former)
			w.wantOffline("a")
			w.wantNewDeath(former)
		}},

		{"R4", "a later death waits for the end of the lease", timed, func(c *check) {
			w, former := diedAgain(c)
			w.extend(w.ttl/4, former)
			end := w.in(w.ttl / 4)
			w.justBefore(end)
			w.claim()
			w.justAfter(end)
			w.wantLost(former)
			w.wantNewDeath(former)
		}},

		{"R4", "a lease outlasts any number of lives", timed, func(c *check) {
			w := c.withDeaths("a")
			leased := w.handOut("a")
			for range 3 {
				w.die("a")
				w.claim()
				w.wantCameBack(leased...)
				w.clear("a")
				w.wantPending()
				w.claim()
				w.wantCameBack(leased...)
			}
			w.die("a")
			w.acknowledge(leased...)
			w.wantNewDeath(leased[0])
		}},

		{"R4", "the next silence is a new death", timed, func(c *check) {
			w := c.withDeaths("acknowledged", "delayed", "ready")
			former := w.handOut("acknowledged", "delayed", "ready")
			w.acknowledge(former[0])
			w.release(w.long(), former[1])
			w.release(0, former[2])

			w.setOnline("acknowledged", "delayed", "ready")
			end := w.in(w.ttl)
			w.justAfter(end)
			w.wantDetected("acknowledged", "delayed", "ready")
			next := w.claim("acknowledged", "delayed", "ready")
			w.wantAttempt(1, next...)
			for i, d := range next {
				w.wantDeadline(d, end)
				w.wantSince(d, end)
				if d.Token <= former[i].Token {
					w.fail("the next death of %q has the token %d, want more than %d", d.ID, d.Token, former[i].Token)
				}
			}
			w.wantLost(former...)
			w.wantHeld(next...)
		}},

		// The former death was cleared.
		{"R4", "a later death by Adopt waits for the acknowledgement", timed, func(c *check) {
			w := c.withDeaths("a")
			former := w.handOut("a")[0]
			w.clear("a")
			w.adopt(w.at(w.passed), "a")
			w.justAfter(w.in(0))
			w.wantPending("a")
			w.claim()
			w.wantCameBack(former)
			w.acknowledge(former)
			w.wantNewDeath(former)
		}},
	}
}

// diedAgain has the workspace come back during the lease, and die again.
func diedAgain(c *check) (*watch, driver.Death) {
	w := c.withDeaths("a")
	leased := w.handOut("a")
	w.setOnline("a")
	end := w.in(w.ttl)
	w.justAfter(end)
	w.wantDetected("a")
	w.claim()
	p := w.pending()["a"]
	if p.Phase != driver.Leased || p.Attempt != 0 {
		w.fail("the later death of %q is %s and was handed out %d times, want it leased and 0", "a", p.Phase, p.Attempt)
	}
	w.wantDeadline(p.Death, end)
	w.wantCameBack(leased...)
	w.claim()
	return w, leased[0]
}

func (w *watch) wantNewDeath(former driver.Death) {
	next := w.handOut("a")
	w.wantAttempt(1, next...)
	if next[0].Token <= former.Token {
		w.fail("the later death has the token %d, want more than %d", next[0].Token, former.Token)
	}
	w.wantLost(former)
	w.wantHeld(next...)
}
