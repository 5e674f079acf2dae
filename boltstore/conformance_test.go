package boltstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/store"
)

func TestConformance(t *testing.T) {
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
	conformance.Run(t, conformance.Harness{
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			return open(t, place{filepath.Join(t.TempDir(), "edge.db"), ttls})
		},
		Reopen: func(t testing.TB, s store.LivenessStore) store.LivenessStore {
			return open(t, places[s])
		},
		Bubble: true,
		Grain:  16 * time.Millisecond,
	})
}
