package conformance

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// ended returns contexts that are done, each with the error that says why.
func (c *check) doneContexts() map[context.Context]error {
	canceled, cancel := context.WithCancel(c.ctx)
	cancel()
	overdue, cancel := context.WithDeadline(c.ctx, time.Now().Add(-time.Hour))
	cancel()
	return map[context.Context]error{canceled: context.Canceled, overdue: context.DeadlineExceeded}
}

func doneContext(c *check) {
	c.setOnline("a")
	c.cacheBoth("a")
	for ctx, want := range c.doneContexts() {
		for _, m := range methods(c.s) {
			c.wantError(m.op, "a", m.do(ctx, "a"), want)
		}
	}
}

func doneContextHasNoEffect(c *check) {
	c.setOnline("a")
	c.cacheBoth("a")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	for ctx := range c.doneContexts() {
		for _, m := range methods(c.s) {
			_ = m.do(ctx, "a")
			_ = m.do(ctx, "b")
		}
	}
	c.wantOnline("a")
	c.wantBoth("a")
	c.wantOffline("b")
	c.wantNeither("b")
	c.justAfter(end)
	c.wantOffline("a")
}

func endsAfterTheCall(c *check) {
	ctx, cancel := context.WithCancel(c.ctx)
	for _, err := range []error{
		c.s.SetOnline(ctx, "a"),
		c.s.RefreshTTL(ctx, "a"),
		c.s.CacheURL(ctx, "a", urlOf("a")),
		c.s.CacheInternalURL(ctx, "a", urlOf("a/internal")),
	} {
		c.wantNil("a call", "a", err)
	}
	cancel()
	c.pass(c.ttl / 4)
	c.wantOnline("a")
	c.wantBoth("a")
	c.refresh("a")
}

// soon is how long a call lasts when its context ends.
const soon = 100 * time.Millisecond

func deadlineWhileAway(c *check) {
	c.returnsWithItsContext(func() (context.Context, context.CancelFunc, time.Time) {
		ctx, cancel := context.WithTimeout(c.ctx, soon)
		end, _ := ctx.Deadline()
		return ctx, cancel, end
	})
}

func cancelledWhileAway(c *check) {
	c.returnsWithItsContext(func() (context.Context, context.CancelFunc, time.Time) {
		ctx, cancel := context.WithCancel(c.ctx)
		timer := time.AfterFunc(soon, cancel)
		return ctx, func() { timer.Stop(); cancel() }, time.Now().Add(soon)
	})
}

// returnsWithItsContext calls every method while the backend is away, at once,
// each with a context that ends.
func (c *check) returnsWithItsContext(ending func() (context.Context, context.CancelFunc, time.Time)) {
	const moment = 50 * time.Millisecond
	c.setOnline("a")
	c.breakdown()
	stalled := c.stallMeter()
	all := methods(c.s)
	c.callers(len(all), func(i int) {
		m := all[i]
		ctx, cancel, end := ending()
		defer cancel()
		err := m.do(ctx, "a")
		late := time.Since(end)
		c.wantOneOf(m.op, "a", err, store.ErrUnavailable, context.DeadlineExceeded, context.Canceled)
		if stall := stalled(); late > moment+stall {
			c.fail("%s returns %v after the end of its context, want at most %v; the machine stalled for %v at most",
				m.op, late, moment, stall)
		}
	})
}

// stallMeter measures, until the end of the check, by how much this machine
// was late to wake a goroutine. It returns a function that tells the worst.
func (c *check) stallMeter() (worst func() time.Duration) {
	const nap = 2 * time.Millisecond
	var longest atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			begun := time.Now()
			select {
			case <-stop:
				return
			case <-time.After(nap):
			}
			if over := int64(time.Since(begun) - nap); over > longest.Load() {
				longest.Store(over)
			}
		}
	}()
	c.t.Cleanup(func() { close(stop); <-stopped })
	return func() time.Duration { return time.Duration(longest.Load()) }
}
