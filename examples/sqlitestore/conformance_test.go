package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/examples/sqlitestore"
	"github.com/molecule-ai/liveness/store"
)

func harness() conformance.Harness {
	type place struct {
		path string
		ttls store.TTLs
	}
	opened := map[store.LivenessStore]place{}
	open := func(t testing.TB, p place) store.LivenessStore {
		s, err := sqlitestore.Open(p.path, sqlitestore.Options{TTLs: p.ttls})
		require.NoError(t, err)
		opened[s] = p
		return s
	}
	return conformance.Harness{
		// New is all that the suite needs: an empty store, with these lifetimes.
		// It is asked for one at a time.
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			return open(t, place{filepath.Join(t.TempDir(), "file"), ttls})
		},
		// The rest are promises. Leave out those that the backend does not make,
		// and the run says how many checks it left out.
		Bubble: true, // it lives in one process and takes its time from package time
		Reopen: func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
			return open(t, place{opened[s].path, ttls}) // its data outlives it
		},
		// What the backend need not have, in the words of the last line of the run.
		Lacks: []string{
			"the store is never full", "the store forgets no URL before its time",
			"Harness.Join is nil", "Harness.Break is nil", "the backend has no Registrar", "the backend has no Granter",
			"the backend has no Expirer", "the backend has no Reaper", "the backend has no Sampler",
		},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Run(t, harness())
}

// Where time is real, checks run side by side, and take as long as the longest.
func TestConformanceInRealTime(t *testing.T) {
	t.Parallel()
	h := harness()
	h.Bubble = false
	conformance.Run(t, h)
}
