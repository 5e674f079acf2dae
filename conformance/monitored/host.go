package monitored

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/monitor"
)

// concurrency is how many handlers each monitor runs at once.
const concurrency = 16

// host is a process with a monitor.
type host struct {
	world  *world
	killed atomic.Bool
	cancel context.CancelFunc
	ended  chan struct{}
}

// watchAll starts monitors and waits for the end of the grace with which they begin.
func (w *world) watchAll(n int, handle monitor.Handler) (hosts []*host) {
	for i := range n {
		hosts = append(hosts, w.watch(i, handle))
	}
	w.pass(w.ttl + 2*w.interval)
	return hosts
}

// watch starts a monitor on the n-th store, or the first if there is but one.
func (w *world) watch(n int, handle monitor.Handler) *host {
	h := &host{world: w, cancel: func() {}, ended: make(chan struct{})}
	m, err := monitor.New(h.wire(w.stores[n%len(w.stores)]), monitor.Config{
		Lease: w.lease, Concurrency: concurrency, Hold: monitor.Hold{Share: 1}, Drain: w.beat,
		Backoff: monitor.Backoff{First: w.beat / 8, Most: w.beat},
	})
	if err != nil {
		w.wrong("monitor.New: %v", err)
		close(h.ended)
		return h
	}
	var ctx context.Context
	ctx, h.cancel = context.WithCancel(w.ctx)
	w.hosts = append(w.hosts, h)
	go func() {
		defer close(h.ended)
		_ = m.Run(ctx, func(ctx context.Context, d monitor.Death) error { return h.call(ctx, d, handle) })
	}()
	return h
}

// stop ends the monitor.
func (h *host) stop() {
	h.cancel()
	<-h.ended
}

// kill cuts the monitor off from the store for good; what its handlers do is nothing any more.
func (h *host) kill() { h.killed.Store(true) }

// call is one call of a handler.
type call struct {
	by    *host
	ctx   context.Context
	began time.Time
	ended time.Time
	err   error
}

var errUnfinished = errors.New("the handler did not return")

// call calls a handler and notes how it ended.
func (h *host) call(ctx context.Context, d monitor.Death, handle monitor.Handler) (err error) {
	c := &call{by: h, ctx: ctx, began: time.Now(), err: errUnfinished}
	h.enter(c, d)
	err = errUnfinished
	defer func() {
		h.world.mu.Lock()
		defer h.world.mu.Unlock()
		if c.ended = time.Now(); !h.killed.Load() {
			c.err = err
		}
	}()
	return handle(ctx, d)
}

// enter finds whether the handler may be called.
func (h *host) enter(c *call, d monitor.Death) {
	w := h.world
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.of(d.ID)
	w.violated(!l.begun[d.Token], "%s is handed out without a Begin that reported Held (P2)", d.ID)
	for _, o := range l.calls {
		w.violated(o.ended.IsZero() && o.ctx.Err() == nil && !o.by.killed.Load(), "%s has two handlers at a time (P4)", d.ID)
	}
	l.calls = append(l.calls, c)
}
