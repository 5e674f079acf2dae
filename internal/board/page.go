package board

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Results are the outcomes and the reports of the tests of some targets.
type Results struct {
	outcome map[run]string // pass, fail or skip
	figures map[line]Figures
	checks  map[run][]int // of each run of a suite
	ran     map[Set]bool
}

// run is a test that a target ran, and line is a row that it reports for.
type (
	run struct {
		set Set
		test
	}
	line struct {
		set Set
		row string
	}
)

// NewResults returns results in which no test has run.
func NewResults() *Results {
	return &Results{make(map[run]string), make(map[line]Figures), make(map[run][]int), make(map[Set]bool)}
}

var suiteRan = regexp.MustCompile(`conformance: (\d+) of \d+ checks ran|monitored: (\d+) of \d+ stories were told`)

// Read adds the output of "go test -json" by a target. A report for a row that is not in
// the list is an error.
func (r *Results) Read(set Set, output io.Reader) error {
	r.ran[set] = true
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e struct{ Action, Package, Test, Output string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("not the output of go test -json: %w", err)
		}
		at := run{set, test{strings.TrimPrefix(e.Package, module), e.Test}}
		switch e.Action {
		case "pass", "fail", "skip":
			if e.Test != "" {
				r.outcome[at] = e.Action
			}
		case "output":
			if err := r.heard(at, e.Output); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func (r *Results) heard(at run, output string) error {
	if ran := suiteRan.FindStringSubmatch(output); ran != nil {
		n, _ := strconv.Atoi(ran[1] + ran[2])
		at.name, _, _ = strings.Cut(at.name, "/")
		r.checks[at] = append(r.checks[at], n)
	}
	_, text, found := strings.Cut(output, mark+"{")
	if !found {
		return nil
	}
	var said report
	if err := json.Unmarshal([]byte("{"+text), &said); err != nil {
		return fmt.Errorf("%s: %w", at.name, err)
	}
	if !known(said.Row) {
		return fmt.Errorf("%s reports for %q, which is no row", at.name, said.Row)
	}
	to := line{at.set, said.Row}
	r.figures[to] = r.figures[to].plus(said.Figures)
	return nil
}

// Write writes the page, and returns the rows and planted bugs that failed.
func (r *Results) Write(w io.Writer, commit string) (failed []string, err error) {
	var page bytes.Buffer
	fmt.Fprintf(&page, head, commit)
	for _, row := range rows {
		f := r.figuresOf(row)
		verdict := r.verdict(row, f)
		seen := r.planted(row)
		if strings.HasPrefix(verdict, fail) || strings.HasSuffix(seen, missed) {
			failed = append(failed, row.name)
		}
		numbers := "| | | |"
		if f != (Figures{}) {
			numbers = fmt.Sprintf("| %s | %s | %d | %s", count(f.Operations), count(f.Faults), f.Violations, floor(f))
		}
		fmt.Fprintf(&page, "| %s | %s %s | %s | %s |\n", row.name, row.set, numbers, verdict, seen)
	}
	_, err = w.Write(page.Bytes())
	return failed, err
}

const head = `# The board

The trials of this module at commit %s. Each figure was counted by the test that made the
trial. The floor is the number of operations or faults below which a run proves nothing: a
row below it has failed. The last column is a bug that a test of its own plants, and whether
the judge of the row was seen to fail with it.

` + "`make reliability`, `make reliability-long` and `make reliability-mutants`" + ` run the tests and
write this page. It holds their runs at this commit and nothing older.

| trial | target | operations | faults | violations | floor | verdict | planted bug |
|---|---|--:|--:|--:|---|---|---|
`

const (
	fail   = "**FAIL**"
	notRun = "NOT RUN"
	missed = "**not seen**"
)

func (r *Results) figuresOf(row row) Figures {
	f := r.figures[line{row.set, row.name}]
	for _, t := range row.tests {
		for _, n := range r.checks[run{row.set, t}] {
			f = f.plus(Figures{Operations: n, FloorOperations: row.checks})
		}
	}
	return f
}

// verdict is PASS only if every test of the row passed and did enough.
func (r *Results) verdict(row row, f Figures) string {
	if len(row.tests) == 0 {
		return notRun + ": no test yet"
	}
	if !r.ran[row.set] {
		return notRun
	}
	for _, t := range row.tests {
		switch r.outcome[run{row.set, t}] {
		case "pass":
		case "skip":
			return notRun + ": skipped"
		case "fail":
			return fail
		default:
			return fail + ": a test did not run"
		}
	}
	switch {
	case f.Violations > 0:
		return fail
	case f.FloorOperations+f.FloorFaults == 0:
		return fail + ": nothing was counted"
	case f.Operations < f.FloorOperations || f.Faults < f.FloorFaults:
		return fail + ": below the floor"
	}
	return "PASS"
}

func (r *Results) planted(row row) string {
	saw := missed
	switch {
	case !r.ran[Mutants]:
		saw = "not run"
	case r.outcome[run{Mutants, row.by}] == "pass":
		saw = "seen"
	}
	return row.planted + ": " + saw
}

func floor(f Figures) string {
	switch {
	case f.FloorFaults == 0:
		return count(f.FloorOperations) + " operations"
	case f.FloorOperations == 0:
		return count(f.FloorFaults) + " faults"
	}
	return count(f.FloorOperations) + " operations, " + count(f.FloorFaults) + " faults"
}

// count writes a number with its thousands apart.
func count(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
