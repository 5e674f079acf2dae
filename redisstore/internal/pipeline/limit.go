package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Limit bounds how long a caller waits: until its context is done, and no longer than
// Options.Timeout.
type Limit struct {
	ctx   context.Context
	end   time.Time
	timer <-chan struct{} // closed at end, or a little earlier
}

// Limit returns the limit of a call that begins now.
func (t *Transport) Limit(ctx context.Context) Limit {
	return Limit{ctx, time.Now().Add(t.Timeout), t.timers.start()}
}

// Wait returns nil once done has an item or is closed. It returns the error of the context if
// that ends first, or ErrTimeout.
func (l Limit) Wait(done <-chan struct{}) error { return await(l, done) }

// sleep returns nil after d.
func (l Limit) sleep(d time.Duration) error { return await(l, time.After(d)) }

func await[T any](l Limit, done <-chan T) error {
	select {
	case <-done:
		return nil
	case <-l.ctx.Done():
		return l.ctx.Err()
	case <-l.timer:
		return ErrTimeout
	}
}

// timers are timers of one duration. Callers that begin at about the same time share one,
// since a timer for each would cost more than the rest of a call.
type timers struct {
	duration time.Duration
	shared   atomic.Pointer[chan struct{}] // nil: the last one is too old to be shared
	mu       sync.Mutex
}

// start returns a channel that is closed when the duration has passed, or up
// to a sixteenth of it before.
func (t *timers) start() <-chan struct{} {
	if c := t.shared.Load(); c != nil {
		return *c
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.shared.Load(); c != nil {
		return *c
	}
	c := make(chan struct{})
	t.shared.Store(&c)
	time.AfterFunc(t.duration/16, func() { t.shared.Store(nil) })
	time.AfterFunc(t.duration, func() { close(c) })
	return c
}
