package conformance

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mutant is a store that breaks one clause.
type mutant struct {
	name   string
	clause string
	bend   func(*bent)
}

func mutants() []mutant {
	return slices.Concat(lifeMutants(), ttlMutants(), urlMutants(), clearMutants(), idMutants(),
		contextMutants(), outageMutants(), concurrencyMutants(), closeMutants(), limitMutants(),
		listerMutants(), batcherMutants(), pingerMutants(),
		sweepMutants(), claimMutants(), holderMutants(), comebackMutants(), keepMutants(), graceMutants(),
		adoptMutants(), countMutants(), clockMutants(), reaperMutants(), deathsMutants(), noteMutants())
}

func checkInBubble(t *testing.T, bend func(*bent)) (results []Result) {
	synctest.Test(t, func(t *testing.T) {
		results = Check(t.Context(), harness(bend))
		time.Sleep(time.Hour) // what a mutant has left behind ends before the bubble does
	})
	return results
}

func TestIntactStorePassesEverything(t *testing.T) {
	for _, r := range checkInBubble(t, func(*bent) {}) {
		assert.Equal(t, Passed, r.Outcome, "%s %s: %s", r.Clause, r.Name, r.Reason)
	}
}

func TestEachMutantIsBlamedOnItsClause(t *testing.T) {
	for _, m := range mutants() {
		t.Run(m.clause+"/"+m.name, func(t *testing.T) {
			t.Parallel()
			blamed := map[string]string{}
			for _, r := range checkInBubble(t, m.bend) {
				assert.NotEqual(t, Skipped, r.Outcome, "%s %s", r.Clause, r.Name)
				if r.Outcome == Failed && blamed[r.Clause] == "" {
					blamed[r.Clause] = r.Name + ": " + r.Reason
				}
			}
			require.Contains(t, blamed, m.clause)
			assert.Contains(t, blamed[m.clause], clauses()[m.clause])
			for clause, reason := range blamed {
				t.Logf("%s %s", clause, reason)
			}
		})
	}
}

func TestEachClauseHasMutants(t *testing.T) {
	const least, leastOfEach = 190, 2
	of := map[string]int{}
	for _, m := range mutants() {
		of[m.clause]++
	}
	for clause := range clauses() {
		assert.GreaterOrEqual(t, of[clause], leastOfEach, clause)
	}
	assert.GreaterOrEqual(t, len(mutants()), least)
}
