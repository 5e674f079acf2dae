package simulate

import (
	"context"
	"time"
)

// pace turns fleet time into real time. Fleet time is 0 when the run begins.
type pace struct {
	start time.Time
	speed time.Duration
}

func startPace(speed int) pace { return pace{time.Now(), time.Duration(speed)} }

func (p pace) now() time.Duration { return time.Since(p.start) * p.speed }

// sleepUntil returns at the given fleet time. It reports false if ctx was done
// before.
func (p pace) sleepUntil(ctx context.Context, at time.Duration) bool {
	left := at/p.speed - time.Since(p.start)
	if left <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
