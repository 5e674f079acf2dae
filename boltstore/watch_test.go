package boltstore

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const (
	lifetime = store.DefaultLivenessTTL
	lease    = 30 * time.Second
)

// The two ways in which a store ends. Each returns where its file is then.
func closed(t *testing.T, s *Store, path string) string {
	t.Helper()
	require.NoError(t, s.Close())
	return path
}

func crashed(t *testing.T, s *Store, path string) string {
	t.Helper()
	left := powerCut(t, path)
	s.Close()
	return left
}

// endings are the ways in which a store ends, by name.
var endings = map[string]func(*testing.T, *Store, string) string{"closed": closed, "crashed": crashed}

func sweep(t *testing.T, s *Store) driver.SweepResult {
	t.Helper()
	found, err := s.Sweep(context.Background(), 0, driver.SweepOptions{Interval: time.Second})
	require.NoError(t, err)
	return found
}

// watch sweeps the store every second for so long.
func watch(t *testing.T, s *Store, long time.Duration) driver.SweepResult {
	t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(time.Second) {
		sweep(t, s)
	}
	return sweep(t, s)
}

// watchOutGrace sweeps the store until the grace is over.
func watchOutGrace(t *testing.T, s *Store) {
	t.Helper()
	for found := sweep(t, s); found.Now.Before(found.GraceEnd); found = sweep(t, s) {
		require.Empty(t, claim(t, s, 1), "a death was handed out during a grace")
		time.Sleep(time.Second)
	}
}

func claim(t *testing.T, s *Store, most int) []driver.Death {
	t.Helper()
	deaths, err := s.Claim(context.Background(), 0, driver.ClaimOptions{Max: most, Lease: lease})
	require.NoError(t, err)
	return deaths
}

func acknowledged(t *testing.T, s *Store, d driver.Death) bool {
	t.Helper()
	did, err := s.Acknowledge(context.Background(), d)
	require.NoError(t, err)
	return did
}

func begun(t *testing.T, s *Store, d driver.Death) driver.Standing {
	t.Helper()
	standing, err := s.Begin(context.Background(), d)
	require.NoError(t, err)
	return standing
}

func withdrawn(t *testing.T, s *Store, d driver.Death) bool {
	t.Helper()
	did, err := s.Withdraw(context.Background(), d)
	require.NoError(t, err)
	return did
}

// dead sets workspaces online, watches until they are dead, and claims them.
func dead(t *testing.T, s *Store, list ...string) []driver.Death {
	t.Helper()
	for _, id := range list {
		require.NoError(t, s.SetOnline(context.Background(), id))
	}
	watch(t, s, lifetime)
	watchOutGrace(t, s)
	deaths := claim(t, s, len(list))
	require.Len(t, deaths, len(list))
	return deaths
}

func idsOf(deaths []driver.Death) (list []string) {
	for _, d := range deaths {
		list = append(list, d.ID)
	}
	return list
}

func recordsOf(t *testing.T, path string) counts {
	t.Helper()
	f, c, err := openFile(path, must(Options{}.withDefaults()), host{}.withDefaults())
	require.NoError(t, err)
	require.NoError(t, f.close())
	return c.stamp.records
}
