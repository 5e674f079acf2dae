package advise_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

const (
	heartbeat = 30 * time.Second
	boot      = 20 * time.Second
	leaders   = 4
	stalls    = 24 // a day and leader, about
	deaths    = 3  // a day in the fleet, about
)

// fleet is workspaces on a store in memory, and a monitor that has those restarted
// that it reports.
type fleet struct {
	*memstore.Store
	t          *testing.T
	ctx        context.Context
	monitor    *monitor.Monitor
	workspaces map[string]*workspace
	stall      stall

	living, dead atomic.Int64 // restarts of each
}

// stall returns how long leaders are silent now.
type stall func() (from, to time.Duration)

// workspace is one of a fleet.
type workspace struct {
	id        string
	r         *rand.Rand
	alive     atomic.Bool
	restarted chan struct{}
}

// newFleet starts a fleet of n, with a TTL and leaders that stall.
func newFleet(t *testing.T, n int, ttl time.Duration, stall stall) *fleet {
	s, err := memstore.New(memstore.Options{TTLs: store.TTLs{Liveness: ttl, Heartbeat: min(heartbeat, ttl/3)}})
	require.NoError(t, err)
	m, err := monitor.New(s, monitor.Config{Interval: 5 * time.Second})
	require.NoError(t, err)
	f := &fleet{Store: s, t: t, ctx: t.Context(), monitor: m, workspaces: make(map[string]*workspace), stall: stall}
	for i := range n {
		id := fmt.Sprintf("workspace-%02d", i)
		if i < leaders {
			id = fmt.Sprintf("leader-%d", i)
		}
		f.workspaces[id] = &workspace{id: id, r: rand.New(rand.NewPCG(1, uint64(i))), restarted: make(chan struct{}, 1)}
	}
	for i := range n {
		go f.live(f.workspaces[fmt.Sprintf("workspace-%02d", i)])
		go f.live(f.workspaces[fmt.Sprintf("leader-%d", i)])
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = m.Run(f.ctx, f.restart)
	}()
	t.Cleanup(func() { <-ended })
	return f
}

// restart is the handler of the monitor.
func (f *fleet) restart(_ context.Context, d monitor.Death) error {
	w := f.workspaces[d.ID]
	if w.alive.Load() {
		f.living.Add(1)
	} else {
		f.dead.Add(1)
	}
	w.restarted <- struct{}{}
	return nil
}

// live sends heartbeats. Leaders stall, the others die.
func (f *fleet) live(w *workspace) {
	if w == nil {
		return
	}
	const beats = float64(24 * time.Hour / heartbeat)
	leads := w.id[0] == 'l'
	wait := time.Duration(w.r.Int64N(int64(heartbeat)))
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-w.restarted:
			wait = boot
			continue
		case <-time.After(wait):
		}
		if _, err := store.Heartbeat(f.ctx, f, w.id); err != nil {
			return
		}
		w.alive.Store(true)
		wait = heartbeat
		switch chance := w.r.Float64() * beats; {
		case leads && chance < stalls:
			from, to := f.stall()
			wait = from + time.Duration(w.r.Int64N(int64(to-from)))
		case !leads && chance < deaths/float64(len(f.workspaces)-leaders):
			w.alive.Store(false)
			wait = store.MaxTTL
		}
	}
}

// silences returns what the monitors have kept.
func (f *fleet) silences() monitor.Silences {
	s, err := f.monitor.Silences(f.ctx)
	require.NoError(f.t, err)
	return s
}
