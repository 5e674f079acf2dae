package verify

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/molecule-ai/liveness/conformance"
)

// WriteTable writes a line for each clause, why checks were skipped, and then each
// failure with the text of its clause.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CLAUSE\tPASSED\tFAILED\tUNJUDGED\tSKIPPED\tLONGEST")
	for _, clause := range r.clauses() {
		var of Report
		longest := time.Duration(0)
		for _, c := range r.Checks {
			if c.Clause == clause {
				of.add([]conformance.Result{c})
				longest = max(longest, c.Took)
			}
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%v\n", clause, of.Passed, of.Failed, of.Unjudged, of.Skipped, longest.Round(10*time.Millisecond))
	}
	fmt.Fprintf(t, "all\t%d\t%d\t%d\t%d\t%v\n", r.Passed, r.Failed, r.Unjudged, r.Skipped, r.Took.Round(10*time.Millisecond))
	if err := t.Flush(); err != nil {
		return err
	}
	var text strings.Builder
	for _, reason := range r.skips() {
		fmt.Fprintf(&text, "\nskipped: %s", reason)
	}
	for _, c := range r.Checks {
		if c.Unjudged() {
			fmt.Fprintf(&text, "\nunjudged: %s", c.Key())
		} else if c.Outcome == conformance.Failed {
			fmt.Fprintf(&text, "\n\nFAILED  %s\n%s", c.Key(), indented(c.Reason))
		}
	}
	if text.Len() > 0 {
		text.WriteByte('\n')
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// Broken returns the clauses that a check failed.
func (r Report) Broken() (clauses []string) {
	for _, c := range r.Checks {
		if c.Outcome == conformance.Failed && !c.Unjudged() && !slices.Contains(clauses, c.Clause) {
			clauses = append(clauses, c.Clause)
		}
	}
	return clauses
}

// clauses returns those that were checked, in the order of the suite.
func (r Report) clauses() (clauses []string) {
	for _, c := range r.Checks {
		if !slices.Contains(clauses, c.Clause) {
			clauses = append(clauses, c.Clause)
		}
	}
	return clauses
}

// skips returns how many checks were skipped for each reason.
func (r Report) skips() (reasons []string) {
	n := map[string]int{}
	for _, c := range r.Checks {
		if c.Outcome != conformance.Skipped {
			continue
		}
		if n[c.Reason]++; n[c.Reason] == 1 {
			reasons = append(reasons, c.Reason)
		}
	}
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%d because %s", n[reason], plainly(reason))
	}
	return reasons
}

// plainly returns a reason of the suite, which is for authors of backends, for an operator.
func plainly(reason string) string {
	switch reason {
	case "Harness.Break is nil":
		return "they would make the store unreachable"
	case "Harness.Join is nil":
		return "one process at a time has the data"
	case "Harness.Reopen is nil":
		return "the data ends with the process"
	}
	return reason
}

// indented returns the lines of a text below that which they explain.
func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
