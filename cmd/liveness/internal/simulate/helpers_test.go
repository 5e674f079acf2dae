package simulate

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

// incident is the simulation that the command runs by default, on memory.
func incident() Config {
	return Config{
		Workspaces: 200, Leaders: 4, Deaths: 5, Speed: 240, Duration: 40 * time.Minute, Seed: 1,
		Monitors: 1,
		Store:    "memory:",
		Open:     openMemory,
	}
}

// small is the incident, quicker.
func small() Config {
	c := incident()
	c.Workspaces, c.Duration = 40, 20*time.Minute
	return c
}

// wide is a quick fleet of which one workspace is half of one in a hundred.
func wide() Config {
	c := incident()
	c.Duration = 20 * time.Minute
	return c
}

func openMemory(_ context.Context, ttls store.TTLs) (store.LivenessStore, error) {
	return memstore.New(memstore.Options{TTLs: ttls})
}

// simulated runs a simulation in fake time.
func simulated(t *testing.T, c Config) (r *Report, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { r, err = Run(t.Context(), c) })
	return r, err
}

// completed runs a simulation that must succeed, and returns the figures with
// a TTL of 60 s and of 180 s.
func completed(t *testing.T, c Config) (short, long Figures) {
	t.Helper()
	r, err := simulated(t, c)
	require.NoError(t, err)
	require.Len(t, r.Runs, 2)
	return r.Runs[0], r.Runs[1]
}

// script is a memory store of which a test replaces what it wants to; nil
// leaves it as it is.
type script struct {
	*memstore.Store
	refresh func(ctx context.Context, id string) error // before the refresh
	claim   func(handed []store.Death) []store.Death   // changes what is handed out
	held    func(d store.Death) bool                   // is held, whatever the store says
	sweep   func()                                     // before a sweep
	stale   func() bool                                // a sweep shows what the last one did
	close   func()                                     // before the end

	last store.Sweep
}

// on makes the simulation run on a memory store that follows the script.
func (c Config) on(s script) Config {
	c.Open = func(_ context.Context, ttls store.TTLs) (store.LivenessStore, error) {
		var err error
		s := s
		s.Store, err = memstore.New(memstore.Options{TTLs: ttls})
		return &s, err
	}
	return c
}

func (s *script) Sweep(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
	if s.sweep != nil {
		s.sweep()
	}
	if s.stale != nil && s.stale() {
		return s.last, nil
	}
	found, err := s.Store.Sweep(ctx, shard, w)
	s.last = found
	if s.claim != nil {
		found.Waiting = max(1, found.Waiting)
	}
	return found, err
}

func (s *script) Claim(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
	handed, err := s.Store.Claim(ctx, shard, q)
	if s.claim != nil && err == nil {
		handed = s.claim(handed)
	}
	return handed, err
}

func (s *script) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	still, err := s.Store.Extend(ctx, held, lease)
	for i := range still {
		still[i] = still[i] || s.held != nil && s.held(held[i])
	}
	return still, err
}

func (s *script) RefreshTTL(ctx context.Context, id string) error {
	if s.refresh != nil {
		if err := s.refresh(ctx, id); err != nil {
			return err
		}
	}
	return s.Store.RefreshTTL(ctx, id)
}

func (s *script) Close() error {
	if s.close != nil {
		s.close()
	}
	return s.Store.Close()
}

func (s seconds) rounded() seconds { return seconds(time.Duration(s).Round(time.Second)) }
