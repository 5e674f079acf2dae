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

		// Each question is the last in the outage and the first after it.
		{"C8", "the first answer after an outage is right", breaking, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			for _, q := range c.questions() {
				mend := c.breakdown()
				right, err := q.ask(c.bounded(soon), "a")
				c.wantAway(q.op, right, err)
				mend()
				if right, err = q.ask(c.bounded(returnTime), "a"); err != nil {
					c.wantOneOf(q.op, "a", err, store.ErrUnavailable, context.DeadlineExceeded)
				} else if !right {
					c.fail("%s answers wrongly, as the first call after an outage", q.op)
				}
				c.wantBack()
			}
		}},
	}
}

// question asks about a workspace that is online and has both URLs.
type question struct {
	op  string
	ask func(ctx context.Context, id string) (right bool, err error)
}

// questions returns a question for each method that answers about a workspace.
func (c *check) questions() []question {
	of := func(op string, ask func(context.Context, string) error) question {
		return question{op, func(ctx context.Context, id string) (bool, error) {
			err := ask(ctx, id)
			return err == nil, err
		}}
	}
	url := func(k urlKind) question {
		return of(k.getOp, func(ctx context.Context, id string) error { _, err := k.get(ctx, id); return err })
	}
	all := []question{{"IsOnline", c.s.IsOnline}, of("RefreshTTL", c.s.RefreshTTL), url(c.public()), url(c.internal())}
	if l, ok := store.As[store.Lister](c.s); ok {
		all = append(all,
			question{"Lookup", func(ctx context.Context, id string) (bool, error) {
				s, err := l.Lookup(ctx, id)
				return s.URL != "" && s.InternalURL != "", err
			}},
			question{"Count", func(ctx context.Context, _ string) (bool, error) { n, err := l.Count(ctx); return n == 1, err }},
			question{"Online", func(ctx context.Context, id string) (found bool, err error) {
				for s, e := range l.Online(ctx) {
					found, err = found || s.ID == id, e
				}
				return found, err
			}})
	}
	if b, ok := store.As[store.Batcher](c.s); ok {
		first := func(op string, ask func(context.Context, []string) ([]bool, error)) question {
			return question{op, func(ctx context.Context, id string) (bool, error) {
				answers, err := ask(ctx, []string{id})
				return err == nil && answers[0], err
			}}
		}
		all = append(all, first("IsOnlineMany", b.IsOnlineMany), first("RefreshMany", b.RefreshMany))
	}
	return all
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
