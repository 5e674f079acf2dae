package conformance

import (
	"github.com/molecule-ai/liveness/store/driver"
)

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

func diedAgainThenAcknowledged(c *check) {
	w, former := diedAgain(c)
	w.acknowledge(former)
	w.wantNewDeath(former)
}

// diedAgainThenReleased wants the delay to be that of the holder's own death.
func diedAgainThenReleased(c *check) {
	w, former := diedAgain(c)
	w.release(w.long(), former)
	w.wantNewDeath(former)
}

func diedAgainThenWithdrawn(c *check) {
	w, former := diedAgain(c)
	w.withdraw(former)
	w.wantOffline("a")
	w.wantNewDeath(former)
}

func diedAgainThenTheLeaseEnded(c *check) {
	w, former := diedAgain(c)
	w.extend(w.ttl/4, former)
	end := w.in(w.ttl / 4)
	w.justBefore(end)
	w.claim()
	w.justAfter(end)
	w.wantLost(former)
	w.wantNewDeath(former)
}

// manyComebacks has one lease outlast several lives.
func manyComebacks(c *check) {
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
}

func nextSilence(c *check) {
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
}

func deathBeginsWithItself(c *check) {
	w := c.withDeaths("a")
	d := w.claim("a")[0]
	w.wantSince(d, w.passed-w.after())
	if !d.Since.Equal(d.Deadline) {
		w.fail("Since of a first death is %v, want its deadline, %v", d.Since, d.Deadline)
	}
}
