package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Wait is how long a caller waits: until its context is done, and no longer than
// Options.Timeout.
type Wait struct {
	ctx   context.Context
	end   time.Time
	timer <-chan struct{} // closed then, or a little earlier
}

// Wait begins to wait.
func (t *Transport) Wait(ctx context.Context) Wait {
	return Wait{ctx, time.Now().Add(t.Timeout), t.timers.start()}
}

// Until returns nil once done is closed.
func (w Wait) Until(done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	case <-w.timer:
		return ErrTimeout
	}
}

// pause returns nil after d.
func (w Wait) pause(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	case <-w.timer:
		return ErrTimeout
	}
}

// timers are of one duration. Those that are started at about the same time are
// the same one, since a timer for each would cost more than the rest of a call.
type timers struct {
	duration time.Duration
	present  atomic.Pointer[chan struct{}] // nil: there is none that is young enough
	mu       sync.Mutex
}

// start returns a channel that is closed when the duration has passed, or up
// to a sixteenth of it before.
func (t *timers) start() <-chan struct{} {
	if c := t.present.Load(); c != nil {
		return *c
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.present.Load(); c != nil {
		return *c
	}
	c := make(chan struct{})
	t.present.Store(&c)
	time.AfterFunc(t.duration/16, func() { t.present.Store(nil) })
	time.AfterFunc(t.duration, func() { close(c) })
	return c
}
