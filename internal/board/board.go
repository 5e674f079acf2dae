// Package board keeps BOARD.md, the page that says what was tried on this module, how
// often, and what came of it.
//
// A test reports with Row what it counted itself. The rows of the page are a fixed list,
// in rows.go: a row whose tests did not run says so, and one that did too little to prove
// anything has failed. Each row names a planted bug, and the test in which the row's own
// judge finds it. The program in run runs the tests of one make target and writes the page.
package board

import (
	"encoding/json"
	"testing"
)

// Figures are what one test counted.
type Figures struct {
	Operations int // calls, documents, worlds: what was judged
	Faults     int // kills, cuts, failovers: what was done to it
	Violations int // of what the row promises

	// Below these the run proves nothing. At least one of them is given.
	FloorOperations, FloorFaults int
}

func (f Figures) plus(g Figures) Figures {
	return Figures{
		f.Operations + g.Operations, f.Faults + g.Faults, f.Violations + g.Violations,
		f.FloorOperations + g.FloorOperations, f.FloorFaults + g.FloorFaults,
	}
}

// Row reports figures for the row of that name. Those of one row are added up.
func Row(t testing.TB, name string, f Figures) {
	t.Helper()
	line, err := json.Marshal(report{name, f})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(mark + string(line))
}

// mark begins a report in the output of a test.
const mark = "board: "

type report struct {
	Row string
	Figures
}
