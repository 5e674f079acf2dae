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
		Store: "memory:",
		Open:  openMemory,
	}
}

// small is the incident, quicker.
func small() Config {
	c := incident()
	c.Workspaces, c.Duration = 40, 20*time.Minute
	return c
}

func openMemory(_ context.Context, ttls store.TTLs) (store.LivenessStore, error) {
	return memstore.New(memstore.Options{TTLs: ttls})
}

// run runs a simulation in fake time.
func run(t *testing.T, c Config) (r *Report, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { r, err = Run(t.Context(), c) })
	return r, err
}

// completed runs a simulation that must succeed, and returns the figures with
// a TTL of 60 s and of 180 s.
func completed(t *testing.T, c Config) (short, long Figures) {
	t.Helper()
	r, err := run(t, c)
	require.NoError(t, err)
	require.Len(t, r.Runs, 2)
	return r.Runs[0], r.Runs[1]
}

// script is a memory store of which a test replaces what it wants to.
type script struct {
	store.LivenessStore
	refresh func(ctx context.Context, id string) error // before the refresh; nil: nothing
	answer  func(ids []string, online []bool)          // changes the answers; nil: nothing
	close   func()
}

// on makes the simulation run on a memory store that follows the script.
func (c Config) on(s script) Config {
	c.Open = func(ctx context.Context, ttls store.TTLs) (store.LivenessStore, error) {
		var err error
		s := s
		s.LivenessStore, err = openMemory(ctx, ttls)
		return &s, err
	}
	return c
}

func (s *script) RefreshTTL(ctx context.Context, id string) error {
	if s.refresh != nil {
		if err := s.refresh(ctx, id); err != nil {
			return err
		}
	}
	return s.LivenessStore.RefreshTTL(ctx, id)
}

func (s *script) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	return store.RefreshMany(ctx, s.LivenessStore, ids)
}

func (s *script) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	online, err := store.IsOnlineMany(ctx, s.LivenessStore, ids)
	if s.answer != nil && err == nil {
		s.answer(ids, online)
	}
	return online, err
}

func (s *script) ClearMany(ctx context.Context, ids []string) error {
	return store.ClearMany(ctx, s.LivenessStore, ids)
}

func (s *script) Close() error {
	if s.close != nil {
		s.close()
	}
	return s.LivenessStore.Close()
}

func (s seconds) rounded() seconds { return seconds(time.Duration(s).Round(time.Second)) }
