package conformance

import (
	"fmt"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// pace has the lifetimes of one attempt at a check, and how exactly it can judge.
type pace struct {
	ttl, urlTTL time.Duration
	grain       time.Duration
	slack       time.Duration // how late a call may return and still be judged; 0: not measured
}

// pace returns the lifetimes for one attempt at a check. Where time is real a
// timed check takes short ones and each attempt doubles them, so that a slow
// machine is given the time it needs.
func (h Harness) pace(k kind, attempt int) pace {
	const odd = 7310 * time.Microsecond // no TTL is a whole second, or a default
	p := pace{store.DefaultLivenessTTL + 1000*odd, store.DefaultURLTTL + 1009*odd, h.Grain, 0}
	if !h.sleeps() || !k.takesTime() {
		return p
	}
	if p.grain == 0 {
		p.grain = 20 * time.Millisecond
	}
	const grains = 12 // of a TTL, at the least
	unit, slacks := time.Second+odd, time.Duration(10)
	if k == slow {
		// Three seconds without a sweep begin no grace. Most of a TTL, less the slack,
		// is more than that.
		unit, slacks = 4200*time.Millisecond, 12
	}
	p.ttl = (unit + grains*h.Grain) << attempt
	p.urlTTL, p.slack = p.ttl*5/3, p.ttl/slacks
	return p
}

// before is how long before a deadline something surely still lives.
func (p pace) before() time.Duration { return max(p.grain+p.slack, 1) }

// after is how long after a deadline something is surely gone.
func (p pace) after() time.Duration { return p.grain + p.slack }

// moment is the shortest time that shows in a deadline.
func (p pace) moment() time.Duration { return 2*p.before() + 10*time.Millisecond }

// near reports whether a time is the one that is wanted, as exactly as can be judged.
func (p pace) near(got, want time.Duration) bool { return (got - want).Abs() <= p.after() }

// pass lets time pass, with sweeps in between if the store is watched.
func (c *check) pass(d time.Duration) {
	end := c.passed + d
	for c.monitor != nil && c.monitor.swept+c.monitor.pause < end {
		c.gap(max(0, c.monitor.swept+c.monitor.pause-c.passed))
		c.monitor.tick()
	}
	c.gap(end - c.passed)
}

// gap lets time pass without a sweep. Where time is real it sleeps until the
// moment that the story has reached, so that the machine's delays do not add
// up.
func (c *check) gap(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("conformance: %v of the story lie in the past", -d))
	}
	c.passed += d
	if d > 0 {
		c.steps.add(d.Round(time.Millisecond).String())
	}
	if c.h.Advance != nil {
		c.h.Advance(d)
		return
	}
	select {
	case <-c.ctx.Done():
		c.fail("%v", c.ctx.Err())
	case <-time.After(time.Until(c.begun.Add(c.passed))):
	}
}

// in returns the moment of the story that is d from now.
func (c *check) in(d time.Duration) time.Duration { return c.passed + d }

// justBefore lets time pass until just before a deadline.
func (c *check) justBefore(deadline time.Duration) { c.pass(deadline - c.before() - c.passed) }

// justAfter lets time pass until just after a deadline.
func (c *check) justAfter(deadline time.Duration) { c.pass(deadline + c.after() - c.passed) }

// giveUpIfLate gives the attempt up if the call that has just returned was so late
// in the story that its answer proves nothing.
func (c *check) giveUpIfLate() {
	if c.late() > c.slack {
		c.t.GiveUp()
	}
}

// late returns how late the story is, where time is real.
func (c *check) late() time.Duration {
	if c.slack == 0 {
		return 0
	}
	return time.Since(c.begun) - c.passed
}

// catchUp lets the story be as late as it is, between rounds that each hold by
// themselves.
func (c *check) catchUp() {
	if c.slack == 0 {
		return
	}
	c.passed = max(c.passed, time.Since(c.begun))
	if c.monitor != nil {
		c.monitor.tick()
	}
}

// stopTiming begins the part of a story in which it does not matter how much
// time passes.
func (c *check) stopTiming() { c.slack = 0 }
