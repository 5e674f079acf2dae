package monitored

import (
	"iter"
	"sync"
	"time"
)

// clock keeps the clock of a backend that has one of its own in step with the machine's.
type clock struct {
	advance func(time.Duration) // nil: the backend has none
	done    chan struct{}
	ended   sync.WaitGroup

	mu   sync.Mutex
	last time.Time
}

func newClock(advance func(time.Duration)) *clock {
	c := &clock{advance: advance, last: time.Now(), done: make(chan struct{})}
	if advance != nil {
		c.ended.Go(func() {
			for range ticks(5*time.Millisecond, c.done) {
				c.jump(0)
			}
		})
	}
	return c
}

// jump moves the clock to the time of the machine, and by d beyond it.
func (c *clock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.advance(now.Sub(c.last) + d)
	c.last = now
}

func (c *clock) stop() {
	close(c.done)
	c.ended.Wait()
}

// ticks yields once every d, with the time that has passed since it last did, until done
// is closed.
func ticks(d time.Duration, done <-chan struct{}) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		t := time.NewTicker(d)
		defer t.Stop()
		for last := time.Now(); ; {
			select {
			case <-done:
				return
			case <-t.C:
			}
			took := time.Since(last)
			last = last.Add(took)
			if !yield(took) {
				return
			}
		}
	}
}
