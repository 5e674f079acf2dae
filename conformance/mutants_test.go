package conformance

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/board"
)

// mutant is a store that breaks one clause.
type mutant struct {
	name   string
	clause string
	bend   func(*bent)
}

func mutants() []mutant {
	return slices.Concat(lifeMutants(), ttlMutants(), urlMutants(), clearMutants(), idMutants(),
		contextMutants(), holderContextMutants(), outageMutants(), concurrencyMutants(), closeMutants(), limitMutants(),
		listerMutants(), batcherMutants(), pingerMutants(),
		registrarMutants(), granterMutants(), expirerMutants(), withdrawMutants(), samplerMutants(), twinMutants(),
		sweepMutants(), claimMutants(), orderMutants(), holderMutants(), comebackMutants(), keepMutants(), unsweptMutants(), reopenMutants(), graceMutants(),
		adoptMutants(), dumpMutants(), restoreMutants(), pairMutants(), countMutants(), clockMutants(), reaperMutants(), deathsMutants(), noteMutants(),
		scaleMutants(), loopMutants(), lengthMutants(), restartMutants())
}

func checkInBubble(t *testing.T, bend func(*bent)) (results []Result) {
	synctest.Test(t, func(t *testing.T) {
		results = Check(t.Context(), harness(bend))
		time.Sleep(time.Hour) // the goroutines of a mutant end before the bubble does
	})
	return results
}

func TestIntactStorePassesEverything(t *testing.T) {
	for _, r := range checkInBubble(t, func(*bent) {}) {
		assert.Equal(t, Passed, r.Outcome, "%s %s: %s", r.Clause, r.Name, r.Reason)
	}
}

// blame runs the checks until one of them blames the mutant.
func (m mutant) blame(t *testing.T, checks []entry) (blamed Result, ok bool) {
	synctest.Test(t, func(t *testing.T) {
		// Two stores tell the checks in turns only where one alone is not blamed.
		together := harness(m.bend)
		alone := together
		alone.Join = nil
		if blamed, ok = m.blameWith(t, alone, checks); !ok {
			blamed, ok = m.blameWith(t, together, checks)
		}
		time.Sleep(time.Hour) // the goroutines of a mutant end before the bubble does
	})
	return blamed, ok
}

func (m mutant) blameWith(t *testing.T, h Harness, checks []entry) (Result, bool) {
	for _, e := range checks {
		r := e.run(t.Context(), nil, h)
		if r.Reason != neverFull && r.Reason != "Harness.Join is nil" {
			assert.NotEqual(t, Skipped, r.Outcome, "%s %s", r.Clause, r.Name)
		}
		if r.Outcome == Failed {
			assert.Contains(t, r.Reason, clauses()[m.clause])
			t.Log(r.Name, r.Reason)
			return r, true
		}
	}
	return Result{}, false
}

// checksOf returns the checks of a clause.
func checksOf(clause string) []entry {
	return slices.DeleteFunc(table(), func(e entry) bool { return e.clause != clause })
}

func TestEachMutantIsBlamedOnItsClauseAndEachCheckBlamesOne(t *testing.T) {
	var blames sync.Map // names of checks that blamed a mutant
	t.Run("mutants", func(t *testing.T) {
		for _, m := range mutants() {
			t.Run(m.clause+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				blamed, ok := m.blame(t, checksOf(m.clause))
				for tries := 0; !ok && tries < 50; tries++ {
					blamed, ok = m.blame(t, checksOf(m.clause)) // whose turn it is depends on who comes first
				}
				require.True(t, ok, "no check of %s blames it", m.clause)
				blames.Store(blamed.Clause+blamed.Name, true)
			})
		}
	})
	t.Run("checks", func(t *testing.T) {
		for _, e := range table() {
			if _, ok := blames.Load(e.clause + e.name); ok || ofFunctions(e) || isTwin(e) {
				continue
			}
			t.Run(e.clause+"/"+e.name, func(t *testing.T) {
				t.Parallel()
				require.True(t, slices.ContainsFunc(mutants(), func(m mutant) bool {
					if m.clause != e.clause {
						return false
					}
					_, ok := m.blame(t, []entry{e})
					return ok
				}), "it blames no mutant")
			})
		}
	})
	if !t.Failed() {
		board.Row(t, "mutants of the contract, each found", board.Figures{Operations: len(table()), Faults: len(mutants()), FloorFaults: leastMutants})
	}
}

func TestAMutantThatBreaksNothingIsFound(t *testing.T) {
	_, ok := mutant{"nothing is broken", "C9", func(*bent) {}}.blame(t, checksOf("C9"))
	require.False(t, ok)
}

// ofFunctions reports whether a check is of the functions of package store,
// which no store can break.
func ofFunctions(e entry) bool {
	return slices.ContainsFunc([]string{"unsupported", "one by one", "single calls", "cannot be asked"}, func(s string) bool {
		return strings.Contains(e.name, s)
	})
}

// isTwin reports whether a check is one of another method told again.
func isTwin(e entry) bool {
	return slices.ContainsFunc(twins(), func(t twin) bool { return strings.HasSuffix(e.name, ", by "+t.op) })
}

func TestTheChecksOfTwinsAreThere(t *testing.T) {
	n := 0
	for _, twin := range twins() {
		n += len(twin.checks)
	}
	assert.Len(t, slices.DeleteFunc(table(), func(e entry) bool { return !isTwin(e) }), n)
}

// leastMutants is how many there are at the least.
const leastMutants = 640

func TestEachClauseHasMutants(t *testing.T) {
	const leastOfEach = 2
	of := map[string]int{}
	for _, m := range mutants() {
		of[m.clause]++
	}
	for clause := range clauses() {
		assert.GreaterOrEqual(t, of[clause], leastOfEach, clause)
	}
	assert.GreaterOrEqual(t, len(mutants()), leastMutants)
}
