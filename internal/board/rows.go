package board

import "slices"

const module = "github.com/molecule-ai/liveness/"

// Set is the make target that runs a row.
type Set string

// The targets.
const (
	Short   Set = "reliability"         // at most 6 minutes
	Long    Set = "reliability-long"    // at most 90 minutes, with LIVENESS_FULL=1
	Mutants Set = "reliability-mutants" // the planted bugs of all rows
)

// test is a test of the module. The room is the folder of its package.
type test struct{ room, name string }

// row is one line of the page.
type row struct {
	name    string
	set     Set
	tests   []test // none: there is no test yet
	checks  int    // the least number of checks in each run of the conformance suite, if they are such
	planted string // a bug, "": none yet
	by      test   // what plants it: it passes if the row's judge fails with the bug
}

func known(name string) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return r.name == name })
}

// in returns the tests of a room.
func in(room string, names ...string) (all []test) {
	for _, name := range names {
		all = append(all, test{room, name})
	}
	return all
}

const (
	suite   = "conformance"
	breaks  = "internal/reliability"
	file    = "boltstore"
	server  = "redisstore"
	callers = "redisstore/internal/pipeline"
)

// leastChecks is how many checks of the suite run on a backend that has every capability.
const leastChecks = 200

var (
	mutants = test{suite, "TestEachMutantIsBlamedOnItsClauseAndEachCheckBlamesOne"}
	oneSlip = "stores that each break one clause in one way"
)

// rows is the page, from its first line to its last.
var rows = []row{
	// The contract.
	{name: "the contract, in memory", set: Short, tests: in("memstore", "TestConformance"), checks: leastChecks, planted: oneSlip, by: mutants},
	{name: "the contract, in a file", set: Short, tests: in(file, "TestConformance"), checks: leastChecks, planted: oneSlip, by: mutants},
	{name: "the contract, on Redis", set: Short, tests: in(server, "TestConformance"), checks: leastChecks, planted: oneSlip, by: mutants},
	{name: "the contract, on Cluster, Sentinel and other layouts", set: Long, tests: in(server, "TestConformanceOnServers"), checks: leastChecks, planted: oneSlip, by: mutants},
}
