// Package simulate replays the incident that a short liveness TTL causes: a
// fleet sends heartbeats to a store, busy leaders stall for a minute or two, a
// few workspaces really die, and a watcher asks the store who is online.
//
// Time runs faster than real time by a factor. Every duration in this package
// is fleet time, the time of the simulated fleet, unless it says otherwise.
// Every figure about liveness comes from the store's answers; the simulation
// knows only when it sent what.
package simulate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

const (
	heartbeat = 30 * time.Second

	// lookEvery is how often the watcher asks the store.
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

	p := startPace(c.Speed)
	w := newWatcher(s, p, ttl, fleet, newProgress(c, ttl))
	if err := live(ctx, s, p, fleet, func(ctx context.Context) error { return w.watch(ctx, c.Duration) }); err != nil {
		return nil, fmt.Errorf("TTL %s: %w", seconds(ttl), err)
	}
	return w.figures(), nil
}

// live lets the fleet send its heartbeats until watch returns. The error is
// the first that came while the simulation was running.
func live(ctx context.Context, s store.LivenessStore, p pace, fleet []*workspace, watch func(context.Context) error) error {
	running, end := context.WithCancel(ctx)
	defer end()
	failed := make(chan error, len(fleet)+1)
	check := func(err error) {
		if err != nil && running.Err() == nil {
			failed <- err
			end()
		}
	}
	var all sync.WaitGroup
	for _, w := range fleet {
		all.Go(func() { check(w.live(running, s, p)) })
	}
	check(watch(running))
	end()
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// tidy makes the store forget the fleet and closes it, also when ctx is done.
func tidy(ctx context.Context, s store.LivenessStore, fleet []*workspace) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearing)
	defer cancel()
	return errors.Join(store.ClearMany(ctx, s, ids(fleet)), s.Close())
}
