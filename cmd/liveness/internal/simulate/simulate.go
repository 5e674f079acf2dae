// Package simulate replays the incident that a short liveness TTL causes: a
// fleet sends heartbeats to a store, busy leaders stall for a minute or two, a
// few workspaces really die, and the platform restarts each workspace that its
// monitors report. It also runs the pictures of package pictures in real time.
//
// Time runs faster than real time by a factor. Every duration in this package
// is fleet time, the time of the simulated fleet, unless it says otherwise.
// Every figure about liveness comes from the reports of the monitors; the
// simulation knows only when it sent what.
//
// Start with [Run], and [RunPicture] for a picture.
//
//	simulate.go   Run: the columns, one after another
//	config.go     Config, and the monitors that follow from it
//	column.go     one way to run the fleet: a TTL, and what helps it
//	run.go        a run of one column, fleet time
//	plan.go       when each workspace sends, stalls and dies
//	workspace.go  one workspace of the fleet, and its history
//	replica.go    one monitor, which may be killed
//	line.go       the way to the store, which an outage cuts
//	sweeps.go     times without a sweep
//	figures.go    the counts of a run
//	verdict.go    the figures in words
//	report.go     the figures as a table, and as JSON
//	progress.go   how far a run is
//	picture.go    RunPicture
package simulate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const (
	heartbeat = 30 * time.Second

	// boot is how long a workspace that is restarted is silent.
	boot = 20 * time.Second

	// lease is for how long a monitor that was killed keeps its reports from
	// the others.
	lease = 30 * time.Second

	// lookEvery is how often it is looked whether the run is over.
	lookEvery = time.Second

	// tolerance is by how much the simulation itself may be late. A workspace
	// whose heartbeat was later than that is left out of the figures.
	tolerance = 10 * time.Second

	// clearing bounds, in real time, how long the store may take to forget the
	// fleet of a run.
	clearing = 10 * time.Second
)

// Run simulates the fleet once for each column and returns the figures.
//
// When ctx is done the report covers the time until then and says so, without
// an error. Any other failure is the error, beside a report of the runs
// that were finished before it. Whatever the outcome, the store is asked to forget the
// workspaces of the simulation.
func Run(ctx context.Context, c Config) (*Report, error) {
	r := &Report{Config: c}
	if err := c.Validate(); err != nil {
		return r, err
	}
	for _, col := range columns() {
		figures, err := c.run(ctx, col)
		if figures != nil {
			r.Runs = append(r.Runs, *figures)
		}
		if err != nil {
			return r, err
		}
		if ctx.Err() != nil {
			r.Interrupted = true
			break
		}
	}
	return r, nil
}

// run is the simulation of one column. The figures are nil if it failed.
func (c Config) run(ctx context.Context, col column) (_ *Figures, err error) {
	s, err := c.Open(ctx, col.ttls(c.Speed))
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil
		}
		return nil, err
	}
	fleet := newFleet(c, runName(), col.announced)
	defer func() {
		if tidied := tidy(ctx, s, ids(fleet)); err == nil {
			err = tidied
		}
	}()
	reaper, ok := store.As[driver.Reaper](s)
	if !ok {
		return nil, driver.Errorf("simulate", "", store.ErrInvalid, "the store cannot detect deaths")
	}
	figures, err := c.newRun(col, s, reaper, fleet).live(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", col.name(), err)
	}
	return figures, nil
}

// runName returns a name that no other run has.
func runName() string { return strings.ToLower(rand.Text()[:8]) }

// tidy makes the store forget the fleet and closes it, also when ctx is done.
func tidy(ctx context.Context, s store.LivenessStore, fleet []string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearing)
	defer cancel()
	return errors.Join(store.ClearMany(ctx, s, fleet), s.Close())
}
