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

// end ends the monitors and the heartbeats.
func (w *world) end() {
	w.faulty.Store(false)
	for _, h := range w.hosts {
		h.stop()
	}
	w.mu.Lock()
	for _, l := range w.lives {
		l.stopHeartbeats()
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

// await waits until something is true, which must come to be.
func (w *world) await(what string, is func() bool) {
	const most = 20 // TTLs
	for end := time.Now().Add(most * w.ttl); time.Now().Before(end); w.pass(w.interval) {
		if is() {
			return
		}
	}
	w.wrong("it did not come true within %d TTLs that %s", most, what)
}
