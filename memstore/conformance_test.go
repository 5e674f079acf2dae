package memstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/internal/race"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

func TestConformance(t *testing.T) {
	const full, forgets = "the store is never full", "the store forgets no URL before its time"
	for name, c := range map[string]struct {
		options memstore.Options
		lacks   []string
	}{
		"by default":    {memstore.Options{}, []string{full, forgets}},
		"nearly full":   {memstore.Options{MaxOnline: 50}, []string{forgets}},
		"with few URLs": {memstore.Options{MaxURLs: 45}, []string{full}},
	} {
		t.Run(name, func(t *testing.T) {
			h := conformance.Harness{
				Bubble: true,
				Lacks:  append(c.lacks, "Harness.Reopen is nil", "Harness.Join is nil", "Harness.Break is nil"),
				New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
					o := c.options
					o.TTLs = ttls
					s, err := memstore.New(o)
					require.NoError(t, err)
					return s
				},
			}
			if race.Enabled {
				h.Only = race.Clauses()
			}
			conformance.Run(t, h)
		})
	}
}
