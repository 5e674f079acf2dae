package monitor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// crew runs handlers, at most Config.Concurrency at once.
type crew struct {
	m        *Monitor
	handler  Handler
	watching context.Context // when it has ended, no handler is called
	work     context.Context // of the handlers: ends when they have drained
	stop     context.CancelFunc
	places   chan struct{} // one for each handler that runs
	working  sync.WaitGroup
}

func newCrew(watching context.Context, m *Monitor, handler Handler) *crew {
	c := &crew{m: m, handler: handler, watching: watching, places: make(chan struct{}, m.config.Concurrency)}
	c.work, c.stop = context.WithCancel(context.WithoutCancel(watching))
	return c
}

// busy reports whether there is no free place.
func (c *crew) busy() bool { return len(c.places) == cap(c.places) }

// reserve takes up to most free places and returns how many it got.
func (c *crew) reserve(most int) int {
	for n := range most {
		select {
		case c.places <- struct{}{}:
		default:
			return n
		}
	}
	return most
}

func (c *crew) release(places int) {
	for range places {
		<-c.places
	}
}

// handle has the handler called, in a reserved place, for a death of the shard
// that was claimed at the given time.
func (c *crew) handle(s *shard, d Death, claimed time.Time) {
	c.working.Go(func() {
		ctx, h := s.keeper.hold(c.work, d, claimed)
		defer s.keeper.release(h)
		o := c.attempt(ctx, s.keeper, h)
		if c.watching.Err() != nil {
			o.again = 0 // others need not wait
		}
		c.release(1)
		c.m.placeFree()
		c.finish(d, o)
	})
}

// outcome is what became of an attempt.
type outcome struct {
	done  bool          // acknowledge it
	again time.Duration // or put it back for so long
	gone  bool          // or leave it: it is not held
}

// attempt verifies that the workspace is still offline and calls the handler.
func (c *crew) attempt(ctx context.Context, k *keeper, h *holding) outcome {
	again := outcome{again: c.m.config.Backoff.after(h.Attempt)}
	log := c.m.config.Logger.With("id", h.ID, "attempt", h.Attempt)
	if c.watching.Err() != nil {
		return again
	}
	err := k.extend(ctx, h)
	switch {
	case c.watching.Err() != nil:
		return again
	case context.Cause(ctx) == ErrNotHeld:
		return outcome{gone: true}
	case err != nil:
		log.Error("liveness: a death cannot be verified; it will be handed out again", "error", err)
		return again
	}
	err = <-safely("the handler", func() error { return c.handler(ctx, h.Death) })
	switch {
	case err == nil:
		return outcome{done: true}
	case c.watching.Err() != nil:
		log.Warn("liveness: the handler was stopped", "error", err)
	case context.Cause(ctx) == ErrNotHeld:
		log.Warn("liveness: the handler gave up a death that it no longer held", "error", err)
	default:
		log.Error("liveness: the handler failed", "again_in", again.again, "error", err)
	}
	return again
}

// safely calls f in a goroutine of its own and sends its error; a panic is
// one, and so is the end of the goroutine.
func safely(what string, f func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		err := fmt.Errorf("%s ended its goroutine", what)
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%s panicked: %v\n%s", what, r, debug.Stack())
			}
			done <- err
		}()
		err = f()
	}()
	return done
}

// finish tells the store the outcome, again and again while it does not
// answer: the store knows whether the death is still this monitor's.
func (c *crew) finish(d Death, o outcome) {
	if o.gone {
		return
	}
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := c.tell(d, o)
		if err == nil || errors.Is(err, store.ErrClosed) {
			return
		}
		c.m.config.Logger.Debug("liveness: the store could not be told how a death was handled", "id", d.ID, "done", o.done, "error", err)
		select {
		case <-c.work.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (c *crew) tell(d Death, o outcome) error {
	ctx, cancel := c.m.config.limit(context.WithoutCancel(c.work))
	defer cancel()
	var err error
	if o.done {
		_, err = c.m.reaper.Acknowledge(ctx, d)
	} else {
		_, err = c.m.reaper.PutBack(ctx, d, o.again)
	}
	return err
}

// drain lets handlers go on for Config.Drain, then ends their contexts. It
// returns when none runs, or ErrStuck after half a lease.
func (c *crew) drain() error {
	defer c.stop()
	idle := make(chan struct{})
	go func() {
		c.working.Wait()
		close(idle)
	}()
	for _, patience := range []time.Duration{c.m.config.Drain, c.m.config.Lease / 2} {
		select {
		case <-idle:
			return nil
		case <-time.After(patience):
			c.stop()
		}
	}
	return &store.Error{Op: "monitor.Run", Err: fmt.Errorf("%w: %d of them", ErrStuck, len(c.places))}
}
