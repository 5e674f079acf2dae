package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

const (
	// answerTime is how long a backend that is away may keep a caller waiting whose
	// context does not end.
	answerTime = 10 * time.Second

	// returnTime is how long a backend may take to answer again after it was mended.
	returnTime = 10 * time.Second
)

func awayIsUnavailable(c *check) {
	c.setOnline("a")
	c.cacheBoth("a")
	c.breakdown()
	ctx := c.bounded(answerTime)
	all := methods(c.s)
	c.callers(2*len(all), func(i int) {
		m, id := all[i/2], []string{"a", "unknown"}[i%2]
		c.wantError(m.op, id, m.do(ctx, id), store.ErrUnavailable)
	})
}

func mendedForgotNone(c *check) {
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
}

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
