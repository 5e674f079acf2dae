package boltstore_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/conformance/monitored"
	"github.com/molecule-ai/liveness/internal/race"
	"github.com/molecule-ai/liveness/store"
)

func TestConformance(t *testing.T) {
	h := harness()
	if race.Enabled {
		h.Only = race.Clauses()
	}
	conformance.Run(t, h)
}

func TestUnderTheMonitor(t *testing.T) { monitored.Run(t, harness()) }

func harness() conformance.Harness {
	type place struct {
		path string
		ttls store.TTLs
	}
	places := make(map[store.LivenessStore]place)
	open := func(t testing.TB, p place) store.LivenessStore {
		s, err := boltstore.Open(p.path, boltstore.Options{TTLs: p.ttls})
		require.NoError(t, err)
		places[s] = p
		return s
	}
	return conformance.Harness{
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			return open(t, place{filepath.Join(memoryDir(t), "edge.db"), ttls})
		},
		Reopen: func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
			return open(t, place{places[s].path, ttls})
		},
		Bubble: true,
		Grain:  16 * time.Millisecond,
		Lacks: []string{
			"Harness.Break is nil", // what is read is in memory
			"Harness.Join is nil",  // one process has the file
			"the store is never full",
			"the store forgets no URL before its time",
		},
	}
}

// memoryDir is a directory that needs no disk, where the system has one: the
// suite is about behaviour, not about the disk, and syncs hundreds of times.
func memoryDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "liveness-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}
