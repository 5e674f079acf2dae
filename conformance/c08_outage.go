package conformance

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// outageChecks are those of C8: a backend that is away.
func outageChecks() []entry {
	return []entry{
		{"C8", "a backend that is away is unavailable to every method", breaking, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			c.breakdown()
			ctx := c.bounded(answerTime)
			all := methods(c.s)
			c.callers(2*len(all), func(i int) {
				m, id := all[i/2], []string{"a", "unknown"}[i%2]
				c.wantError(m.op, id, m.do(ctx, id), store.ErrUnavailable)
			})
		}},

		{"C8", "a backend that was away has forgotten nothing", breaking, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			mend := c.breakdown()
			ctx := c.bounded(soon)
			if online, err := c.s.IsOnline(ctx, "a"); err == nil {
				c.fail("IsOnline(%q) returns %t while the backend is away", "a", online)
			}
			mend()
			c.wantBack()
			c.wantOnline("a")
			c.wantOffline("unknown")
			c.wantBoth("a")
			c.refresh("a")
			c.setOnline("b")
			c.clear("a")
			c.wantOffline("a")
		}},
	}
}

// breakdown makes the backend unreachable until mend or the end of the check,
// which is one that runs alone.
func (c *check) breakdown() (mend func()) {
	mend = sync.OnceFunc(c.h.Break(c.t))
	c.t.Cleanup(mend)
	return mend
}

const (
	// answerTime is how long a backend that is away may keep a caller waiting whose
	// context does not end.
	answerTime = 10 * time.Second

	// returnTime is how long a backend may take to answer again after it was mended.
	returnTime = 10 * time.Second
)

// wantBack waits until the backend answers again.
func (c *check) wantBack() {
	ctx := c.bounded(returnTime)
	for {
		_, err := c.s.IsOnline(ctx, "a")
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			c.fail("the backend does not answer %v after it was mended: %v", returnTime, err)
		}
		c.wantOneOf("IsOnline", "a", err, store.ErrUnavailable, context.DeadlineExceeded)
		time.Sleep(10 * time.Millisecond)
	}
}

// outage has the backend be away for d, while callers do something. No sweep comes until it
// is back.
func (c *check) outage(d time.Duration, meanwhile func(ctx context.Context)) {
	mend := c.breakdown()
	meanwhile(c.bounded(soon))
	c.gap(d)
	mend()
	c.wantBack()
	if c.slack > 0 {
		c.passed = max(c.passed, time.Since(c.begun))
	}
}

// wantAway wants a call to have failed because the backend is away, with no answer.
func (c *check) wantAway(op string, answered bool, err error) {
	if answered {
		c.fail("%s answers while the backend is away", op)
	}
	if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		c.fail("%s returns the error %v while the backend is away, want %q", op, err, store.ErrUnavailable)
	}
}
