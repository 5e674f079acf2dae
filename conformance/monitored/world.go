package monitored

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// world is a fleet and the monitors that watch it. It fails if something happens to the
// fleet that never does over an honest store.
type world struct {
	t                          *attempt.T
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

	mu         sync.Mutex
	lives      map[string]*life
	violations int           // so many were found
	longest    time.Duration // that this process did not run
	jumped     time.Time     // when the clock of the backend last did
}

// newWorld begins with an empty store. Where time is real each attempt doubles the TTL.
func newWorld(a *attempt.T, r *run, n int) *world {
	w := &world{t: a, ctx: a.Context(), clock: r.clock, exact: r.Bubble, done: make(chan struct{}), lives: map[string]*life{}}
	w.ttl, w.grain = store.DefaultLivenessTTL, r.Grain
	if !w.exact {
		w.ttl = (5*time.Second + 10*r.Grain) << n
		w.grain = max(r.Grain, w.ttl/20)
	}
	w.beat, w.lease, w.interval = w.ttl/6, w.ttl/3, w.ttl/90
	first := r.ask(func() store.LivenessStore { return r.New(a, store.TTLs{Liveness: w.ttl, Heartbeat: w.beat}) })
	w.keep(first)
	if _, ok := store.As[driver.Reaper](first); !ok {
		a.Fatal("the store has no driver.Reaper, want one: it is all that a monitor needs")
	}
	if r.Join != nil {
		w.keep(r.ask(func() store.LivenessStore { return r.Join(a, first) }))
	}
	if !w.exact {
		w.tasks.Go(w.watchTheMachine)
	}
	return w
}

// keep keeps a store that the harness returned.
func (w *world) keep(s store.LivenessStore) {
	if s == nil {
		w.t.Fatal("the harness returns no store")
	}
	w.stores = append(w.stores, s)
	w.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.t.Errorf("Close returns %v, want nil", err)
		}
	})
}

// watchTheMachine notes for how long this process did not run.
func (w *world) watchTheMachine() {
	const often = 10 * time.Millisecond
	for took := range ticks(often, w.done) {
		w.mu.Lock()
		w.longest = max(w.longest, took-often)
		w.mu.Unlock()
	}
}

// stalled reports whether the machine stood still for too long to judge the backend.
func (w *world) stalled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.longest > w.beat/3
}

// life is the truth about one workspace.
type life struct {
	stop  chan struct{}  // ends its heartbeats; nil: it is silent
	until time.Time      // it is surely online before
	since time.Time      // when its last heartbeat was answered
	begun map[int64]bool // tokens whose Begin reported Held
	calls []*call
}

// end ends the monitors and the heartbeats.
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
}

// wrong notes a violation, without the lock.
func (w *world) wrong(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violated(true, format, args...)
}

// violated notes a violation, if there is one, under the lock. Of many the first are enough.
func (w *world) violated(yes bool, format string, args ...any) {
	const most = 10
	if !yes {
		return
	}
	if w.violations++; w.violations <= most {
		w.t.Errorf(format, args...)
	}
}

func (w *world) pass(d time.Duration) { time.Sleep(d) }

// until waits until something is true, which must come to be.
func (w *world) until(what string, is func() bool) {
	const most = 20 // TTLs
	for end := time.Now().Add(most * w.ttl); time.Now().Before(end); w.pass(w.interval) {
		if is() {
			return
		}
	}
	w.wrong("it did not come true within %d TTLs that %s", most, what)
}

// of returns a life, under the lock.
func (w *world) of(id string) *life {
	if w.lives[id] == nil {
		w.lives[id] = &life{begun: map[int64]bool{}}
	}
	return w.lives[id]
}

// hush ends the heartbeats.
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
	w.violated(err != nil, "a heartbeat of %s: %v", id, err)
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

// handledOnce waits until each of the workspaces is handled, and makes sure that it stays
// at that.
func (w *world) handledOnce(ids ...string) {
	w.until("the deaths are handled", func() bool { return w.handled(ids...) })
	w.pass(w.ttl / 2)
	w.once(ids...)
}

// once makes sure that each of the workspaces was handled once, and no other was.
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
		w.violated(n != want[id], "%s is handled %d times, want %d", id, n, want[id])
	}
}

// soon makes sure that the first attempts came soon, where time is not that of the machine.
func (w *world) soon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, l := range w.lives {
		if w.exact && len(l.calls) > 0 {
			late := l.calls[0].began.Sub(l.until) - 2*w.grain
			w.violated(late > 50*time.Millisecond, "%s is reported %v after its deadline, want 50ms at most", id, late)
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
