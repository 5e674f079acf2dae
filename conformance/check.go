package conformance

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// check is one check being told: what has happened so far, to which store.
type check struct {
	pace
	t   *recorder
	h   Harness
	ctx context.Context
	s   store.LivenessStore

	begun  time.Time
	passed time.Duration // how much time has passed in the story
}

// attempt tells the check once, with a store of its own.
func (e entry) attempt(r *recorder, h Harness, attempt int) {
	if err := h.validate(); err != nil {
		r.Fatalf("%v", err)
	}
	if e.kind == alone && h.Break == nil {
		r.Skip("Harness.Break is nil")
	}
	c := &check{pace: h.pace(e.kind, attempt), t: r, h: h, ctx: r.Context()}
	c.open(store.TTLs{})
	e.tell(c)
}

// open begins with an empty store; TTLs that are 0 are those of the pace.
func (c *check) open(ttls store.TTLs) {
	if ttls.Liveness == 0 {
		ttls.Liveness = c.ttl
	}
	if ttls.URL == 0 {
		ttls.URL = c.urlTTL
	}
	c.keep(c.h.New(c.t, ttls))
	c.begun, c.passed = time.Now(), 0
}

// reopen opens again what the store left behind, if there is more to it than
// a process; away is how long it was closed.
func (c *check) reopen(away time.Duration) {
	if c.h.Reopen == nil {
		c.t.Skip("Harness.Reopen is nil")
	}
	c.close()
	c.pass(away)
	c.keep(c.h.Reopen(c.t, c.s))
}

func (c *check) keep(s store.LivenessStore) {
	if s == nil {
		c.fail("the harness returns no store")
	}
	c.s = s
	c.t.Cleanup(func() { s.Close() })
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

// fail ends the check with what is wrong and the line of the suite that says
// so. Of many callers the first is enough.
func (c *check) fail(format string, args ...any) {
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.t.Fatalf("%s: %s", place(), fmt.Sprintf(format, args...))
}

// place returns the innermost line of the story, below the words it is told
// with.
func place() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	for {
		frame, more := frames.Next()
		file := filepath.Base(frame.File)
		if !more || !slices.Contains([]string{"check.go", "words.go", "kinds.go", "watch.go", "hold.go"}, file) {
			return fmt.Sprintf("%s:%d", file, frame.Line)
		}
	}
}

// pass lets time pass. Where that is real it sleeps until the moment that the
// story has reached, so that the machine's delays do not add up.
func (c *check) pass(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("conformance: %v of the story lie in the past", -d))
	}
	c.passed += d
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

// onTime gives the attempt up if the call that has just returned was so late
// in the story that its answer proves nothing.
func (c *check) onTime() {
	if c.slack > 0 && time.Since(c.begun)-c.passed > c.slack {
		c.t.giveUp()
	}
}

// hurryNoMore begins the part of a story in which it does not matter how much
// time passes.
func (c *check) hurryNoMore() { c.slack = 0 }

// callers runs f in n goroutines at once and ends the attempt if one of them
// has failed or was late.
func (c *check) callers(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Add(1)
		go func() {
			defer all.Done()
			defer c.t.caught()
			f(i)
		}()
	}
	all.Wait()
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.onTime()
}

// together runs the given functions at once.
func (c *check) together(fs ...func()) {
	c.callers(len(fs), func(i int) { fs[i]() })
}
