// Package monitor reports workspaces that stopped being online: each death to
// one handler, soon, and again until it is handled.
//
// Any number of monitors may run on one store, in one process or in many. They
// need nothing but the store: no subscription, no server configuration, no
// clock that agrees with another.
//
// # Guarantees
//
// P1. No miss: a workspace that falls silent is reported once per silence,
// within 50 ms of its deadline (p99) where the store is idle, never later than
// one sweep interval plus the wait for a free handler.
//
// P2. No false report: a report is made by an atomic step that saw the
// deadline passed, and the workspace is verified to be offline once more just
// before the handler runs. If it comes back later, the context of the handler
// ends.
//
// P3. Delivery at least once: a death is handed out until a handler returns
// nil, also if the monitor that held it was killed, also after a restart of
// everything. After a failure the next attempt waits for the Backoff.
//
// P4. Exclusivity: one monitor at a time holds a death. A handler runs again
// for the same death only if it failed, or if its monitor was killed, paused
// for longer than its lease, or could not reach the store to say that it was
// done. The context of a handler ends when its lease cannot be extended.
//
// P5. Continuity: after a time in which nobody watched, an outage or a loss of
// data nothing is reported before the living could be heard from again.
//
// P6. Storm: when more than a share of the fleet died within one TTL and did not
// come back, reports stop for one TTL and then come little by little.
//
// P7. Time is that of the store.
package monitor

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/molecule-ai/liveness/store"
)

// Death is one silence of one workspace.
type Death = store.Death

// Handler handles a death. If it returns nil the death is done; after an error
// or a panic it is handed out again later.
//
// Its context ends, with the cause [ErrNotHeld], when the workspace was seen
// online again or the lease is about to end, and without that cause when the
// monitor has drained for long enough.
type Handler func(ctx context.Context, d Death) error

var (
	// ErrNotHeld is the cause of the end of a handler's context: the workspace
	// came back, or the lease could not be extended.
	ErrNotHeld = errors.New("liveness: the death is no longer held: the workspace came back or the lease was lost")

	// ErrStuck means that Run left handlers behind that did not return when
	// their contexts ended.
	ErrStuck = errors.New("handlers did not return when their contexts ended")
)

// Monitor reports deaths. Create it with New.
type Monitor struct {
	config    Config
	name      string // no other monitor's
	reaper    store.Reaper
	discovery discovery
	shards    []*shard
	running   atomic.Bool
	storming  atomic.Bool // as last logged
}

// New returns a monitor of a store, which must be a [store.Reaper] or wrap
// one. The error unwraps to store.ErrInvalid and names what cannot be used.
func New(s store.LivenessStore, c Config) (*Monitor, error) {
	if s == nil {
		return nil, invalid("the store is nil")
	}
	reaper, ok := store.As[store.Reaper](s)
	if !ok {
		return nil, invalid("%T cannot tell who died: it is no store.Reaper and wraps none", s)
	}
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Monitor{config: c, name: rand.Text()[:8], reaper: reaper}
	m.discovery.by, _ = store.As[store.Discoverer](s)
	for n := range reaper.Shards() {
		m.shards = append(m.shards, newShard(m, n))
	}
	return m, nil
}

// Run watches the store and calls handler for each death, in goroutines of
// its own, until ctx has ended or the store was closed.
//
// When ctx ends, no further handler is called: deaths that wait for one are
// put back at once. Running handlers may go on for Config.Drain, then their
// contexts end, and after half a Config.Lease more they are left behind: their
// deaths are handed out again when the lease has ended.
//
// Run returns nil if ctx ended, and else an error that unwraps to
// store.ErrClosed if the store was closed, to store.ErrInvalid if the monitor
// is running already, or to ErrStuck if handlers were left behind.
func (m *Monitor) Run(ctx context.Context, handler Handler) error {
	if handler == nil && !m.config.DryRun {
		return store.Errorf("monitor.Run", "", store.ErrInvalid, "the handler is nil")
	}
	if !m.running.CompareAndSwap(false, true) {
		return store.Errorf("monitor.Run", "", store.ErrInvalid, "the monitor is running already")
	}
	defer m.running.Store(false)

	watching, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	handlers := newCrew(watching, m, handler)
	keeping, letGo := context.WithCancel(context.WithoutCancel(ctx))
	defer letGo()
	var watchers, keepers sync.WaitGroup
	for _, s := range m.shards {
		watchers.Go(func() { stop(s.watch(watching, handlers)) })
		keepers.Go(func() { s.keeper.keep(keeping) })
	}
	watchers.Go(func() { m.discover(watching) })
	watchers.Wait()

	stuck := handlers.drain()
	letGo()
	keepers.Wait()
	if err := context.Cause(watching); errors.Is(err, store.ErrClosed) {
		return err
	}
	return stuck
}
