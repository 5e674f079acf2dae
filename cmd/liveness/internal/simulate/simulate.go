// Package simulate replays the incident that a short liveness TTL causes: a
// fleet sends heartbeats to a store, busy leaders stall for a minute or two, a
// few workspaces really die, and the platform restarts whoever its monitors
// report.
//
// Time runs faster than real time by a factor. Every duration in this package
// is fleet time, the time of the simulated fleet, unless it says otherwise.
// Every figure about liveness comes from what the monitors reported; the
// simulation knows only when it sent what.
package simulate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
)

const (
	heartbeat = 30 * time.Second

	// lease is for how long a monitor that was killed keeps its reports from
	// the others.
	lease = 30 * time.Second

	// lookEvery is how often the monitors are asked whether there is a storm.
	lookEvery = time.Second

	// tolerance is by how much the simulation itself may be late. A workspace
	// whose heartbeat was later than that is left out of the figures.
	tolerance = 10 * time.Second

	// clearing bounds, in real time, how long the store may take to forget the
	// fleet of a run.
	clearing = 10 * time.Second
)

// ttls are the liveness TTLs that are compared, one run each.
func ttls() []time.Duration { return []time.Duration{60 * time.Second, 180 * time.Second} }

// Run simulates the fleet once for each TTL and returns what was seen.
//
// When ctx is done the report covers the time until then and says so, without
// an error. Any other failure is the error, beside a report of what was
// finished before it. Whatever the outcome, the store is asked to forget the
// workspaces of the simulation.
func Run(ctx context.Context, c Config) (*Report, error) {
	r := &Report{Config: c}
	if err := c.Validate(); err != nil {
		return r, err
	}
	for _, ttl := range ttls() {
		figures, err := c.run(ctx, ttl)
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

// run is the simulation with one TTL. The figures are nil if it failed.
func (c Config) run(ctx context.Context, ttl time.Duration) (_ *Figures, err error) {
	speed := time.Duration(c.Speed)
	s, err := c.Open(ctx, store.TTLs{Liveness: ttl / speed, Heartbeat: heartbeat / speed})
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil
		}
		return nil, err
	}
	fleet := newFleet(c, strings.ToLower(rand.Text()[:8]))
	defer func() {
		if tidied := tidy(ctx, s, fleet); err == nil {
			err = tidied
		}
	}()
	reaper, ok := store.As[store.Reaper](s)
	if !ok {
		return nil, store.Errorf("simulate", "", store.ErrInvalid, "the store cannot tell who died")
	}
	figures, err := c.newRun(ttl, s, reaper, fleet).live(ctx)
	if err != nil {
		return nil, fmt.Errorf("TTL %s: %w", seconds(ttl), err)
	}
	return figures, nil
}

// tidy makes the store forget the fleet and closes it, also when ctx is done.
func tidy(ctx context.Context, s store.LivenessStore, fleet []*workspace) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearing)
	defer cancel()
	return errors.Join(store.ClearMany(ctx, s, ids(fleet)), s.Close())
}
