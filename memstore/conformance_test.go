package memstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

func TestConformance(t *testing.T) {
	// Memory is never unreachable, and nothing of it is left to reopen.
	t.Setenv("CONFORMANCE_STRICT", "")
	for name, options := range map[string]memstore.Options{
		"by default":    {},
		"nearly full":   {MaxOnline: 50},
		"with few URLs": {MaxURLs: 45},
	} {
		t.Run(name, func(t *testing.T) {
			conformance.Run(t, conformance.Harness{
				Bubble: true,
				New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
					o := options
					o.TTLs = ttls
					s, err := memstore.New(o)
					require.NoError(t, err)
					return s
				},
			})
		})
	}
}
