package conformance

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
)

// check is the story of one check so far, and its store.
type check struct {
	pace
	t      *attempt.T
	h      Harness
	ctx    context.Context
	s      store.LivenessStore // a pair where two stores take turns
	opened store.LivenessStore // as the harness returned it
	ttls   store.TTLs          // of opened

	story   string // the function that tells it
	steps   steps
	twins   map[string]string // methods that are called in place of others
	begun   time.Time
	passed  time.Duration // how much time has passed in the story
	monitor *watch        // sweeps while time passes; nil: the store is not watched
}

// attempt tells the check once, with a store of its own.
func (e entry) attempt(r *attempt.T, h Harness, n int) {
	if err := h.Validate(); err != nil {
		r.Fatalf("%v", err)
	}
	if e.kind.breaks() && h.Break == nil {
		r.Skip("Harness.Break is nil")
	}
	c := &check{pace: h.pace(e.kind, n), t: r, h: h, ctx: r.Context()}
	c.open(store.TTLs{})
	c.tell(e)
}

// open begins with an empty store; TTLs that are 0 are those of the pace.
func (c *check) open(ttls store.TTLs) {
	if ttls.Liveness == 0 {
		ttls.Liveness = c.ttl
	}
	if ttls.URL == 0 {
		ttls.URL = c.urlTTL
	}
	c.ttls = ttls
	c.use(c.h.ask(func() store.LivenessStore { return c.h.New(c.t, ttls) }))
	c.begun, c.passed, c.monitor = time.Now(), 0, nil
}

// reopen opens again the data that the store left behind; away is how long it
// was closed.
func (c *check) reopen(away time.Duration) {
	if c.h.Reopen == nil {
		c.t.Skip("Harness.Reopen is nil")
	}
	c.close()
	c.gap(away)
	c.use(c.h.ask(func() store.LivenessStore { return c.h.Reopen(c.t, c.opened, c.ttls) }))
}

func (c *check) use(s store.LivenessStore) {
	if s == nil {
		c.fail("the harness returns no store")
	}
	c.s, c.opened = s, s
	c.t.Cleanup(func() { s.Close() })
	if c.h.inPairs {
		c.s = &pair{of: [2]store.LivenessStore{s, c.join()}}
	}
}

// join returns another store over the same data.
func (c *check) join() store.LivenessStore {
	if c.h.Join == nil {
		c.t.Skip("Harness.Join is nil")
	}
	s := c.h.ask(func() store.LivenessStore { return c.h.Join(c.t, c.opened) })
	if s == nil {
		c.fail("the harness joins no store")
	}
	c.t.Cleanup(func() { s.Close() })
	return s
}

func (c *check) close() {
	if err := c.s.Close(); err != nil {
		c.fail("Close returns %v, want nil", err)
	}
}

// breakdown makes the backend unreachable until mend or the end of the check,
// which is one that runs alone.
func (c *check) breakdown() (mend func()) {
	mend = sync.OnceFunc(c.h.Break(c.t))
	c.t.Cleanup(mend)
	return mend
}

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

// bounded returns the context of a call that may not take longer than d.
func (c *check) bounded(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(c.ctx, d)
	c.t.Cleanup(cancel)
	return ctx
}

// callers runs f in n goroutines at once and ends the attempt if one of them
// has failed or was late.
func (c *check) callers(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Add(1)
		go func() {
			defer all.Done()
			defer c.t.Caught()
			f(i)
		}()
	}
	all.Wait()
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.giveUpIfLate()
}

// together runs the given functions at once.
func (c *check) together(fs ...func()) {
	c.callers(len(fs), func(i int) { fs[i]() })
}
