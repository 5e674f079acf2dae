package monitored

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// concurrency is how many handlers each monitor runs at once.
const concurrency = 16

// world is a fleet and the monitors that watch it, and finds what a monitor over an
// honest store never does.
type world struct {
	t                          testing.TB
	ctx                        context.Context
	clock                      *clock
	exact                      bool // time passes only when all are idle
	ttl, beat, lease, interval time.Duration
	grain                      time.Duration
	stores                     []store.LivenessStore // over the same data
	faulty                     atomic.Bool           // calls of monitors fail by chance
	claimed                    func(id string)       // called between the Claim and the Begin of a death, if set
	hosts                      []*host
	tasks                      sync.WaitGroup
	done                       chan struct{}

	mu      sync.Mutex
	lives   map[string]*life
	found   []string
	longest time.Duration // that this process did not run
	jumped  time.Time
}

// life is what is true of one workspace.
type life struct {
	stop  chan struct{} // ends its heartbeats; nil: it is silent
	until time.Time     // it is surely online before
	since time.Time     // when its last heartbeat was answered
	begun map[int64]bool
	calls []*call
}

// call is one call of a handler.
type call struct {
	by    *host
	ctx   context.Context
	began time.Time
	ended time.Time
	err   error
}

func (w *world) begin() {
	w.done = make(chan struct{})
	if w.exact {
		return
	}
	w.tasks.Go(func() {
		const often = 10 * time.Millisecond
		for took := range ticks(often, w.done) {
			w.mu.Lock()
			w.longest = max(w.longest, took-often)
			w.mu.Unlock()
		}
	})
}

func (w *world) end() {
	w.faulty.Store(false)
	for _, h := range w.hosts {
		h.stop()
	}
	w.mu.Lock()
	for _, l := range w.lives {
		l.hush()
	}
	w.mu.Unlock()
	close(w.done)
	w.tasks.Wait()
	for _, s := range w.stores {
		if err := s.Close(); err != nil {
			w.t.Errorf("Close: %v", err)
		}
	}
}

// verdict returns what was wrong, and whether the machine stood still for too long to tell.
func (w *world) verdict() (wrong []string, stalled bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found, w.longest > w.beat/3
}

func (w *world) wrong(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.is(true, format, args...)
}

// is notes what is wrong, under the lock.
func (w *world) is(wrong bool, format string, args ...any) {
	const most = 10
	if wrong && len(w.found) < most {
		w.found = append(w.found, fmt.Sprintf(format, args...))
	}
}

func (w *world) pass(d time.Duration) { time.Sleep(d) }

// until waits for what must come true.
func (w *world) until(what string, is func() bool) {
	for range 20 * 90 {
		if is() {
			return
		}
		w.pass(w.ttl / 90)
	}
	w.wrong("it did not come true within 20 TTLs that %s", what)
}

// of returns a life, under the lock.
func (w *world) of(id string) *life {
	if w.lives[id] == nil {
		w.lives[id] = &life{begun: map[int64]bool{}}
	}
	return w.lives[id]
}

func (l *life) hush() {
	if l.stop != nil {
		close(l.stop)
		l.stop = nil
	}
}

// heard has the workspaces send heartbeats, the first one now.
func (w *world) heard(ids ...string) {
	for n, id := range ids {
		w.mu.Lock()
		l, stop := w.of(id), make(chan struct{})
		if l.stop != nil {
			w.mu.Unlock()
			continue
		}
		l.stop = stop
		w.mu.Unlock()
		s := w.stores[n%len(w.stores)]
		w.heartbeat(s, id, l)
		w.tasks.Go(func() {
			for range ticks(w.beat, stop) {
				w.heartbeat(s, id, l)
			}
		})
	}
}

func (w *world) heartbeat(s store.LivenessStore, id string, l *life) {
	began := time.Now()
	_, err := store.Heartbeat(w.ctx, s, id)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.is(err != nil, "a heartbeat of %s: %v", id, err)
	if err == nil && began.After(w.jumped) {
		l.since, l.until = time.Now(), began.Add(w.ttl-w.grain)
	}
}

// silent ends the heartbeats of the workspaces.
func (w *world) silent(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		w.of(id).hush()
	}
}

// jump moves the clock of the backend.
func (w *world) jump(d time.Duration) {
	w.clock.jump(d)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jumped = time.Now()
	for _, l := range w.lives {
		l.until = time.Time{}
	}
}

// calls returns how many handlers were called.
func (w *world) calls() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lives {
		n += len(l.calls)
	}
	return n
}

// unreported returns those of the workspaces for which no handler was called.
func (w *world) unreported(ids []string) (silent []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if len(w.of(id).calls) == 0 {
			silent = append(silent, id)
		}
	}
	return silent
}

// times returns how many handlers of this silence, which lasts, have ended well.
func (l *life) times() (n int) {
	for _, c := range l.calls {
		if c.began.After(l.since) && !c.ended.IsZero() && c.err == nil {
			n++
		}
	}
	return n
}

// handled reports whether a handler ended well for each since its last heartbeat.
func (w *world) handled(ids ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if w.of(id).times() == 0 {
			return false
		}
	}
	return true
}

// once makes sure that each of the workspaces was handled once, and nobody else.
func (w *world) once(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	want := map[string]int{}
	for _, id := range ids {
		want[id] = 1
	}
	for id, l := range w.lives {
		n := 0
		for _, c := range l.calls {
			if c.err == nil {
				n++
			}
		}
		w.is(n != want[id], "%s is handled %d times, want %d", id, n, want[id])
	}
}

// soon makes sure that the first attempts came soon, where time is not that of the machine.
func (w *world) soon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, l := range w.lives {
		if w.exact && len(l.calls) > 0 {
			late := l.calls[0].began.Sub(l.until) - 2*w.grain
			w.is(late > 50*time.Millisecond, "%s is reported %v after its deadline, want 50ms at most", id, late)
		}
	}
}

// forget forgets which handlers were called.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lives {
		l.calls = nil
	}
}

// host is a process with a monitor.
type host struct {
	w      *world
	killed atomic.Bool
	cancel context.CancelFunc
	ended  chan struct{}
}

// calm starts monitors and waits for the end of the grace with which they begin.
func (w *world) calm(n int, handle monitor.Handler) (hosts []*host) {
	for i := range n {
		hosts = append(hosts, w.watch(i, handle))
	}
	w.pass(w.ttl + 2*w.interval)
	return hosts
}

// watch starts a monitor on the n-th store, or the first if there is but one.
func (w *world) watch(n int, handle monitor.Handler) *host {
	h := &host{w: w, cancel: func() {}, ended: make(chan struct{})}
	m, err := monitor.New(newWire(h, w.stores[n%len(w.stores)]), monitor.Config{
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

var errUnfinished = errors.New("the handler did not return")

func (h *host) call(ctx context.Context, d monitor.Death, handle monitor.Handler) (err error) {
	c := &call{by: h, ctx: ctx, began: time.Now(), err: errUnfinished}
	h.enter(c, d)
	err = errUnfinished
	defer func() {
		h.w.mu.Lock()
		defer h.w.mu.Unlock()
		if c.ended = time.Now(); !h.killed.Load() {
			c.err = err
		}
	}()
	return handle(ctx, d)
}

// enter finds whether the handler may be called.
func (h *host) enter(c *call, d monitor.Death) {
	w := h.w
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.of(d.ID)
	w.is(!l.begun[d.Token], "%s is handed out without a Begin that reported Held (P2)", d.ID)
	for _, o := range l.calls {
		w.is(o.ended.IsZero() && o.ctx.Err() == nil && !o.by.killed.Load(), "%s has two handlers at a time (P4)", d.ID)
	}
	l.calls = append(l.calls, c)
}
