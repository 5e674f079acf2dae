package mapstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/examples/mapstore"
	"github.com/molecule-ai/liveness/store"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Harness{
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			s, err := mapstore.New(mapstore.Options{TTLs: ttls})
			require.NoError(t, err)
			return s
		},
		Bubble: true,
		Lacks: []string{
			"the store is never full", "the store forgets no URL before its time",
			"Harness.Reopen is nil", "Harness.Join is nil", "Harness.Break is nil", "the backend has no Pinger",
		},
	})
}
