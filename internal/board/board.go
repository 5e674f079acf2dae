// Package board keeps BOARD.md, the page of the trials of this module: how often each was
// made, and its verdict.
//
// A test reports with Row the figures that it counted itself. The rows of the page are a list,
// in rows.go: a row whose tests did not run says so, and one that did too little to prove
// anything has failed. Each row names a planted bug, and the test in which the row's own
// judge finds it. The program in run runs the tests of one make target and writes the page.
//
//	board.go   Row, which a test calls
//	rows.go    the rows, each with its tests and its planted bug
//	target.go  the tests of a make target, run one package after another
//	page.go    the verdict of each row, and the page
package board

import (
	"encoding/json"
	"testing"
)

// Figures are what one test counted.
type Figures struct {
	Operations int // that were judged: calls, documents, worlds
	Faults     int // that were injected: kills, cuts, failovers
	Violations int // of the promise of the row

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
