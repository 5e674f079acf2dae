// Package verify runs the conformance suite where an operator's platform keeps its
// data, beside that data.
//
//	verify.go   a run, its report
//	place.go    where its stores are
//	report.go   the report as a table
package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/store"
)

// Config configures a run.
type Config struct {
	Place Place

	Clauses []string // clauses or keys of checks; nil means all
	Short   bool     // see conformance.Harness

	Began func()                                // called before the first check, unless nil
	Ended func(r conformance.Result, n, of int) // called after each check, unless nil
}

// Report has the results of a run.
type Report struct {
	Where    string               `json:"where"` // the keys or the directory that the run used
	Passed   int                  `json:"passed"`
	Failed   int                  `json:"failed"`
	Unjudged int                  `json:"unjudged"` // calls returned too late to tell
	Skipped  int                  `json:"skipped"`
	Took     time.Duration        `json:"took"`
	Checks   []conformance.Result `json:"checks"`
}

// Validate returns an error that names the clause which there is not.
func (c Config) Validate() error {
	h := conformance.Harness{Only: c.Clauses, New: func(testing.TB, store.TTLs) store.LivenessStore { return nil }}
	err := h.Validate()
	if err == nil {
		return nil
	}
	return errors.New(strings.Replace(err.Error(), "Harness.Only has", "there is no clause or check", 1))
}

// Run runs the suite, and removes all that it wrote, also if ctx ends. It returns an
// error if no store could be opened there, or if something is left. The report has the
// results of the checks.
func Run(ctx context.Context, c Config) (r Report, err error) {
	r.Where = c.Place.Where()
	defer func() {
		const removeTime = time.Minute
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTime)
		defer cancel()
		err = errors.Join(err, c.Place.Remove(last))
	}()
	if err := try(ctx, c.Place); err != nil {
		return r, err
	}
	if c.Began != nil {
		c.Began()
	}
	began := time.Now()
	r.add(conformance.Check(ctx, c.harness(ctx)))
	r.Took = time.Since(began)
	return r, context.Cause(ctx)
}

// try returns why no store can be opened, before a check blames the store for it.
func try(ctx context.Context, p Place) error {
	s, err := p.Open(ctx, "try", store.TTLs{})
	if err != nil {
		return err
	}
	return errors.Join(store.Ping(ctx, s), s.Close())
}

func (r *Report) add(results []conformance.Result) {
	for _, c := range results {
		switch {
		case c.Unjudged():
			r.Unjudged++
		case c.Outcome == conformance.Passed:
			r.Passed++
		case c.Outcome == conformance.Failed:
			r.Failed++
		default:
			r.Skipped++
		}
	}
	r.Checks = append(r.Checks, results...)
}

// harness gives each store of the suite a name of its own in the place.
func (c Config) harness(ctx context.Context) conformance.Harness {
	const grain = 20 * time.Millisecond
	var mu sync.Mutex
	opened, made := map[store.LivenessStore]named{}, 0
	open := func(t testing.TB, n named) store.LivenessStore {
		s, err := c.Place.Open(ctx, n.name, n.ttls)
		if err != nil {
			t.Fatalf("a store cannot be opened: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		opened[s] = n
		return s
	}
	of := func(s store.LivenessStore) named {
		mu.Lock()
		defer mu.Unlock()
		return opened[s]
	}
	h := conformance.Harness{
		Grain: grain,
		Only:  c.Clauses,
		Short: c.Short,
		Ended: c.Ended,

		Concurrent: true,
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			mu.Lock()
			made++
			n := named{fmt.Sprint(made), ttls}
			mu.Unlock()
			return open(t, n)
		},
	}
	if c.Place.Outlives() {
		h.Reopen = func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
			return open(t, named{of(s).name, ttls})
		}
	}
	if c.Place.Shared() {
		h.Join = func(t testing.TB, s store.LivenessStore) store.LivenessStore { return open(t, of(s)) }
	}
	return h
}

// named is how a store was opened.
type named struct {
	name string
	ttls store.TTLs
}
