package monitor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// pool runs handlers, at most Config.Concurrency at once.
type pool struct {
	m        *Monitor
	handler  Handler
	watching context.Context // when it has ended, no handler is called
	work     context.Context // of the handlers: ends Config.Drain after watching
	stop     context.CancelFunc
	places   chan struct{} // one for each handler that runs
	running  sync.WaitGroup
}

func newPool(watching context.Context, m *Monitor, handler Handler) *pool {
	h := &pool{m: m, handler: handler, watching: watching, places: make(chan struct{}, m.config.Concurrency)}
	h.work, h.stop = context.WithCancel(context.WithoutCancel(watching))
	context.AfterFunc(watching, func() { time.AfterFunc(m.config.Drain, h.stop) })
	return h
}

// hasPlace reports whether there is a free place.
func (h *pool) hasPlace() bool { return len(h.places) < cap(h.places) }

// reserve takes up to most free places and returns how many it got.
func (h *pool) reserve(most int) int {
	for n := range most {
		select {
		case h.places <- struct{}{}:
		default:
			return n
		}
	}
	return most
}

func (h *pool) release(places int) {
	for range places {
		<-h.places
	}
}

// handle takes a leased death through its attempt, in a reserved place.
func (h *pool) handle(s *shard, d Death, claimed time.Time) {
	h.running.Go(func() {
		l := s.leases.add(h.work, s, d, claimed)
		defer s.leases.remove(l)
		free := sync.OnceFunc(func() {
			h.release(1)
			h.m.wakeReady()
		})
		defer free()
		o := h.attempt(l, free)
		if h.watching.Err() != nil {
			o.again = 0 // other monitors need not wait
		}
		free()
		h.tell(l, o)
	})
}

// drain returns when no handler runs, or ErrStuck half a lease after their
// contexts have ended.
func (h *pool) drain() error {
	defer h.stop()
	idle := make(chan struct{})
	go func() {
		h.running.Wait()
		close(idle)
	}()
	behind := make(chan struct{})
	context.AfterFunc(h.work, func() { time.AfterFunc(h.m.config.Lease/2, func() { close(behind) }) })
	left := h.m.stuck.Load
	select {
	case <-idle:
	case <-behind:
		for _, s := range h.m.shards {
			s.leases.abandonAll()
		}
		left = func() int64 { return int64(len(h.places)) + h.m.stuck.Load() }
	}
	if n := left(); n > 0 {
		return &store.Error{Op: "monitor.Run", Err: fmt.Errorf("%w: %d of them", ErrStuck, n)}
	}
	return nil
}
