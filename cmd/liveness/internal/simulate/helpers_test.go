package simulate

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
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

// wide is a quick fleet in which one workspace is half of one in a hundred.
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
	runs := allCompleted(t, c)
	return runs[0], runs[1]
}

// allCompleted runs a simulation that must succeed, and returns the figures of
// each column.
func allCompleted(t *testing.T, c Config) []Figures {
	t.Helper()
	r, err := simulated(t, c)
	require.NoError(t, err)
	require.Len(t, r.Runs, len(columns()))
	return r.Runs
}

// script is a memory store some of whose steps a test replaces; nil leaves a
// step as it is.
type script struct {
	*memstore.Store
	refresh func(ctx context.Context, id string) error // before the refresh
	claim   func(handed []driver.Death) []driver.Death // changes the claim
	held    func(d driver.Death) bool                  // is held, whatever the store says
	sweep   func()                                     // before a sweep
	close   func()                                     // before the end
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

func (s *script) Sweep(ctx context.Context, shard int, w driver.SweepOptions) (driver.SweepResult, error) {
	if s.sweep != nil {
		s.sweep()
	}
	found, err := s.Store.Sweep(ctx, shard, w)
	if s.claim != nil {
		found.Ready = max(1, found.Ready)
	}
	return found, err
}

func (s *script) Claim(ctx context.Context, shard int, q driver.ClaimOptions) ([]driver.Death, error) {
	handed, err := s.Store.Claim(ctx, shard, q)
	if s.claim != nil && err == nil {
		handed = s.claim(handed)
	}
	return handed, err
}

func (s *script) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	standing, err := s.Store.Begin(ctx, d)
	if s.held != nil && s.held(d) {
		standing = driver.Held
	}
	return standing, err
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

// explained returns how long lost heartbeats may explain a silence. With 60 s a
// death has missed one heartbeat, and a monitor waits for two more if it has
// seen others miss one.
func explained(f Figures) seconds {
	if f.TTL >= seconds(3*heartbeat) || f.Probe {
		return 0
	}
	return seconds(2 * heartbeat)
}

func (s seconds) rounded() seconds { return seconds(time.Duration(s).Round(time.Second)) }
