package redisstore

import (
	"context"
	"time"
)

// wait is how long a caller waits: until its context is done, and no longer
// than Options.Timeout.
type wait struct {
	ctx   context.Context
	timer *time.Timer
}

func (s *Store) wait(ctx context.Context) wait {
	return wait{ctx, time.NewTimer(s.timeout)}
}

func (w wait) stop() { w.timer.Stop() }

// until returns nil once done is closed.
func (w wait) until(done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	case <-w.timer.C:
		return errTimeout
	}
}

// pause returns nil after d.
func (w wait) pause(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	case <-w.timer.C:
		return errTimeout
	}
}
