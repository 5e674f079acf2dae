package monitor

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Death is one silence of one workspace that outlasted its deadline.
type Death = driver.Death

// Handler handles a death. If it returns nil the death is done; after an error
// or a panic it is handed out again later, unless the workspace came back.
//
// A handler is a job that may take minutes, and it may bring the workspace back
// itself: SetOnline, Register and Clear are normal steps of it. Its context ends
// with the cause [ErrNotHeld] when the lease cannot be extended, and with the cause
// [ErrTimedOut] when Config.HandlerTimeout has passed. It also ends, without these
// causes, Config.Drain after the context of Run. It does not end because the workspace
// came back: a step that would harm a workspace that is alive asks [Recheck] first.
type Handler func(ctx context.Context, d Death) error

var (
	// ErrNotHeld means that the lease of the death was lost: it could not be
	// extended in time. Another monitor may handle the death.
	ErrNotHeld = errors.New("liveness: the lease of the death was lost")

	// ErrCameBack means that the workspace came back, or was cleared, since its
	// death was handed out.
	ErrCameBack = errors.New("liveness: the workspace came back or was cleared")

	// ErrTimedOut is the cause of the end of a handler's context when
	// Config.HandlerTimeout has passed.
	ErrTimedOut = errors.New("liveness: the time of the handler is over")

	// ErrStuck means that Run left handlers behind that did not return when
	// their contexts ended.
	ErrStuck = errors.New("handlers did not return when their contexts ended")

	errNoHandler = driver.Errorf("monitor.Recheck", "", store.ErrInvalid, "the context is not that of a handler")
)

// Monitor reports deaths. Create it with New.
type Monitor struct {
	config Config
	name   string // no other monitor's
	traits driver.Traits

	reaper     driver.Reaper
	sampler    driver.Sampler    // nil: the guard judges by counts
	reconciler driver.Reconciler // nil: the store cannot list its deaths
	discovery  discovery

	shards     []*shard
	guard      guard
	owner      owner
	events     events
	noticed    noticed
	latest     latest
	leadership leadership

	probes   chan struct{} // one for each call of Config.Probe
	handling atomic.Int64  // handlers that run, but for the stuck
	stuck    atomic.Int64  // handlers that were left behind
	running  atomic.Bool
}

// New returns a monitor of a store, which must be a [driver.Reaper] or wrap
// one. It does no I/O. The error unwraps to store.ErrInvalid and names what
// cannot be used.
func New(s store.LivenessStore, c Config) (*Monitor, error) {
	if s == nil {
		return nil, invalid("the store is nil")
	}
	reaper, ok := store.As[driver.Reaper](s)
	if !ok {
		return nil, invalid("%T cannot detect deaths: it is no driver.Reaper and wraps none", s)
	}
	m := &Monitor{name: rand.Text()[:8], reaper: reaper, traits: reaper.Traits()}
	c, err := c.complete(m.traits)
	if err != nil {
		return nil, err
	}
	m.config = c
	m.sampler, _ = store.As[driver.Sampler](s)
	m.reconciler, ok = store.As[driver.Reconciler](s)
	if !ok && c.Expected != nil {
		return nil, invalid("Config.Expected is set, but %T is no driver.Reconciler and wraps none", s)
	}
	m.discovery.by, _ = store.As[driver.Discoverer](s)
	m.probes = make(chan struct{}, c.Concurrency)
	m.guard.m, m.guard.gathering, m.owner.m = m, make(chan struct{}, 1), m
	m.guard.panel.ledger.used = emptyHistogram()
	m.events.configure(c)
	for n := range m.traits.Shards {
		m.shards = append(m.shards, newShard(m, n))
	}
	return m, nil
}

// Run watches the store and calls handler for each death, in goroutines of
// its own, until ctx has ended or the store was closed.
//
// When ctx ends, no further handler is called: deaths that wait for one are
// released at once. Running handlers may go on for Config.Drain, then their
// contexts end. After half a Config.Lease more they are left behind. Their deaths
// are handed out again when the lease has ended.
//
// Run returns nil if ctx ended and every handler has returned. Otherwise its error unwraps
// to store.ErrClosed if the store was closed, to ErrStuck if handlers were left behind, or
// to store.ErrInvalid if the monitor is running already or if handler is nil without
// Config.DryRun.
func (m *Monitor) Run(ctx context.Context, handler Handler) error {
	if handler == nil && !m.config.DryRun {
		return driver.Errorf("monitor.Run", "", store.ErrInvalid, "the handler is nil")
	}
	if !m.running.CompareAndSwap(false, true) {
		return driver.Errorf("monitor.Run", "", store.ErrInvalid, "the monitor is running already")
	}
	defer m.running.Store(false)
	defer m.events.flush()

	watching, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	handlers := newPool(watching, m, handler)
	keeping, letGo := context.WithCancel(context.WithoutCancel(ctx))
	defer letGo()
	var watchers, keepers sync.WaitGroup
	for _, s := range m.shards {
		watchers.Go(func() { stop(s.watch(watching, handlers)) })
		keepers.Go(func() { s.leases.keepExtending(keeping) })
	}
	watchers.Go(func() {
		if err := m.leadOrFollow(watching, handlers); err != nil {
			stop(err)
		}
	})
	watchers.Go(func() { m.discover(watching) })
	watchers.Wait()
	m.owner.background.Wait()

	stuck := handlers.drain()
	letGo()
	keepers.Wait()
	if err := context.Cause(watching); errors.Is(err, store.ErrClosed) {
		return err
	}
	return stuck
}
