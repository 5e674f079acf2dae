package peers

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
)

func TestTheMedianOfTheRatiosIsPrinted(t *testing.T) {
	var out strings.Builder
	b := &bench{T: t, out: &out}
	ours, theirs := []float64{10, 30, 20}, []float64{100, 100, 40}
	r := goals.Result{Backend: "memory", Op: "refresh", Load: "1 caller, n=1", Unit: "× map", Goal: goals.AtMost(0.4)}
	b.compare(r, ours, theirs, nanoseconds)
	r.Goal = goals.AtLeast(4)
	b.compare(r, ours, theirs, nanoseconds)
	require.Equal(t, `memory refresh, 1 caller, n=1: 0.300 × map (0.100 … 0.500), goal ≤ 0.4: met; 20ns against 100ns
memory refresh, 1 caller, n=1: 3.33 × map (2.00 … 10.0), goal ≥ 4: missed by 17 %; 20ns against 100ns
`, out.String())
}

func TestEachWorkspaceHasItsTurn(t *testing.T) {
	for _, callers := range []int{1, 7, 64, 1000} {
		ids := workspaces(500)
		var mu sync.Mutex
		var had []string
		load{callers: callers, ids: ids, timed: true}.run(t, func(_ context.Context, id string) error {
			mu.Lock()
			defer mu.Unlock()
			had = append(had, id)
			return nil
		})
		require.ElementsMatch(t, ids, had)
	}
}

func TestTransactionsAreCounted(t *testing.T) {
	const transactions = 5
	b := &bench{T: t}
	n := newNaive(b, nil)
	before := b.transaction(n.db.Path())
	for range transactions {
		require.NoError(t, n.update(t.Context(), "a"))
	}
	require.Equal(t, before+transactions, b.transaction(n.db.Path()))
}
