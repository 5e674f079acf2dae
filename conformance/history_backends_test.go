package conformance

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// opening returns the harness of a store that opens it, in real time.
func opening[S store.LivenessStore](open func(t testing.TB, ttls store.TTLs) (S, error)) Harness {
	return Harness{New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		s, err := open(t, ttls)
		require.NoError(t, err)
		return s
	}}
}

// explained records histories of a harness, and returns the result and how many calls they
// have.
func explained(t *testing.T, h Harness, rounds int) (r Result, calls int) {
	e := entry{"C9", "the operations on a workspace are linearizable", atOnce, func(c *check) { calls = histories(c, rounds) }}
	return e.run(t.Context(), t, h), calls
}

func TestHistoriesOfEachBackendAreLinearizable(t *testing.T) {
	const rounds, floor = 1000, 15_000
	server := redistest.Start(t)
	for name, h := range map[string]Harness{
		"memory": opening(func(_ testing.TB, ttls store.TTLs) (*memstore.Store, error) {
			return memstore.New(memstore.Options{TTLs: ttls})
		}),
		"file": opening(func(t testing.TB, ttls store.TTLs) (*boltstore.Store, error) {
			return boltstore.Open(filepath.Join(t.TempDir(), "file"), boltstore.Options{TTLs: ttls})
		}),
		"redis": opening(func(t testing.TB, ttls store.TTLs) (*redisstore.Store, error) {
			return redisstore.Open(t.Context(), "redis://"+server.Addr(), redisstore.Options{TTLs: ttls})
		}),
	} {
		t.Run(name, func(t *testing.T) {
			r, calls := explained(t, h, rounds)
			require.Equal(t, Passed, r.Outcome, r.Reason)
			board.Row(t, "linearizability: histories of four callers", board.Figures{Operations: calls, FloorOperations: floor})
		})
	}
}

func TestAHistoryThatIsNotLinearizableIsFound(t *testing.T) {
	for _, m := range concurrencyMutants()[:2] {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := explained(t, harness(m.bend), 100)
				require.Equal(t, Failed, r.Outcome)
				time.Sleep(time.Hour) // the goroutines of a mutant end before the bubble does
			})
		})
	}
}
