package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/molecule-ai/liveness/store"
)

// Harness says how to open stores of one backend, and which promises the backend makes.
// Only New is required: then time passes by sleeping. Every further field is a promise that
// the suite holds the backend to. New, Reopen and Join are called one at a time, unless
// Concurrent is set.
type Harness struct {
	// New returns an empty store that shares no data with any other, with room
	// for at least 40 workspaces online and as many URLs. It keeps deaths for
	// store.DefaultKeepDeaths. The suite closes the store; whatever else New
	// opens it closes in t.Cleanup.
	New func(t testing.TB, ttls store.TTLs) store.LivenessStore

	// Bubble makes Run give each check a testing/synctest bubble, for stores
	// that work in one process and take their time from package time. Check
	// ignores it: a caller of Check in a bubble sets Advance to time.Sleep.
	Bubble bool

	// Advance moves the clock of a backend that has one of its own. All checks
	// then run one after another.
	Advance func(d time.Duration)

	// Grain is how finely the backend tells time, up to 5 s: nothing is
	// asserted closer to a deadline. 0 means that a deadline is exact, or 20 ms
	// where time passes by sleeping.
	Grain time.Duration

	// Reopen opens what s left behind, with the given TTLs, mostly those that s had.
	// The suite has closed s. nil means that the data ends with the store.
	Reopen func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore

	// Join opens another store over the data of s, with the TTLs of s, which stays
	// open. A check that one store passes is then made again on two stores in turns.
	// nil means that one store at a time has the data.
	Join func(t testing.TB, s store.LivenessStore) store.LivenessStore

	// Break makes the backend of all stores unreachable, without loss of data,
	// until mend is called. nil means that it is always reachable.
	Break func(t testing.TB) (mend func())

	// Lacks are the reasons for which checks may be skipped: features that the
	// backend does not have and need not have. CONFORMANCE_STRICT allows these. A
	// reason for which no check is skipped fails a run of all checks.
	Lacks []string

	// Only names the checks that run, by Result.Clause, such as "C4", "Sampler" or
	// "Withdraw", or by Result.Key. nil means all.
	Only []string

	// Concurrent lets the suite call New, Reopen and Join at the same time.
	Concurrent bool

	// Short makes crowds a tenth as large and leaves out the two stores in turns, as
	// go test -short does. It is for slow servers, and for a quick look.
	Short bool

	// Ended is called with the result of each check as it ends: n have ended, of so many
	// that run.
	// One goroutine at a time calls it, and the run waits for it. Its panic does not
	// end the run. nil means that no function is called.
	Ended func(r Result, n, of int)

	inPairs bool // the check is made on two stores in turns
	run     *run // nil: the check is not part of one
}

// Outcome is how a check ended.
type Outcome string

// The outcomes of a check.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Result is what one check found. Clause is one of "C1" to "C14" and "R1" to "R11", or it is
// Reaper, Withdraw, Note, Deaths, Sampler, Lister, Batcher, Registrar or Pinger.
type Result struct {
	Clause  string        `json:"clause"`
	Name    string        `json:"name"` // the promise that the check makes sure of
	Outcome Outcome       `json:"outcome"`
	Reason  string        `json:"reason,omitzero"` // why it failed, with the text of the clause, or why it was skipped
	Took    time.Duration `json:"took"`
}

// Key names the check in one word, such as "C1/a-workspace-is-online-until-its-ttl-has-passed".
// No two checks have the same.
func (r Result) Key() string { return key(r.Clause, r.Name) }

// Unjudged reports whether a check failed because calls returned too late to tell
// anything about the backend: the machine was busy.
func (r Result) Unjudged() bool { return r.Outcome == Failed && strings.Contains(r.Reason, tooSlow) }

func key(clause, name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return clause + "/" + strings.Join(words, "-")
}

// Validate returns an error that names the field that cannot be used, and what would be
// right. Run fails with it, and so does every check of Check.
func (h Harness) Validate() error {
	const coarsest = 5 * time.Second
	switch {
	case h.New == nil:
		return errors.New("Harness.New is nil, want a function that returns an empty store")
	case h.Bubble && h.Advance != nil:
		return errors.New("Harness.Bubble and Harness.Advance are both set, want one clock")
	case h.Grain < 0 || h.Grain > coarsest:
		return fmt.Errorf("Harness.Grain is %v, want 0 to %v", h.Grain, coarsest)
	}
	for _, only := range h.Only {
		if !slices.ContainsFunc(table(), func(e entry) bool { return e.is(only) }) {
			return fmt.Errorf("Harness.Only has %q, want the key of a check or one of %s", only, strings.Join(sortedKeys(clauses()), ", "))
		}
	}
	return nil
}

// checks returns the checks that run.
func (h Harness) checks() []entry {
	if h.Only == nil || h.Validate() != nil {
		return table()
	}
	return slices.DeleteFunc(table(), func(e entry) bool { return !slices.ContainsFunc(h.Only, e.is) })
}

// is reports whether the check is named by its clause or its key.
func (e entry) is(name string) bool { return name == e.clause || name == key(e.clause, e.name) }

// sleeps reports whether time passes by sleeping on the machine's own clock.
func (h Harness) sleeps() bool { return !h.Bubble && h.Advance == nil }
