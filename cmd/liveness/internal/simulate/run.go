package simulate

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// run is a simulation of one column.
type run struct {
	Config
	column
	pace     pace
	store    store.LivenessStore
	fleet    []*workspace
	byID     map[string]*workspace
	replicas []*replica
	progress *progress

	sweeps sweeps
	handed atomic.Int64 // real deaths that were handed out
}

func (c Config) newRun(col column, s store.LivenessStore, reaper driver.Reaper, fleet []*workspace) *run {
	p := startPace(c.Speed)
	r := &run{
		Config:   c,
		column:   col,
		pace:     p,
		store:    s,
		fleet:    fleet,
		byID:     make(map[string]*workspace),
		progress: newProgress(c, col.name()),
		sweeps: sweeps{
			pace:    p,
			out:     c.outage(),
			allowed: tolerance + c.monitor(col.ttl).Interval*p.speed,
			shards:  make([]swept, reaper.Traits().Shards),
		},
	}
	for _, w := range fleet {
		r.byID[w.id] = w
	}
	return r
}

// live lets the fleet live and the monitors watch it until the end. The error
// is the first that came while the simulation was running.
func (r *run) live(ctx context.Context) (*Figures, error) {
	running, end := context.WithCancel(ctx)
	defer end()
	for range r.Monitors {
		x, err := r.newReplica(running.Done())
		if err != nil {
			return nil, err
		}
		r.replicas = append(r.replicas, x)
	}
	failed := make(chan error, len(r.fleet)+len(r.replicas))
	check := func(err error) {
		if err != nil && running.Err() == nil {
			failed <- err
			end()
		}
	}
	var all sync.WaitGroup
	for _, x := range r.replicas {
		all.Go(func() { check(x.watch(running)) })
	}
	line := r.line(func() bool { return false })
	for _, w := range r.fleet {
		all.Go(func() { check(w.live(running, line, r.pace)) })
	}
	r.wait(running)
	figures := r.figures()
	end()
	all.Wait()
	select {
	case err := <-failed:
		return nil, err
	default:
		return figures, nil
	}
}

// wait returns at the end, but for a bounded time not before every death was
// reported: that of the longest hold.
func (r *run) wait(ctx context.Context) {
	defer r.progress.clear()
	latest := r.Duration + 6*r.ttl + lease + time.Minute
	for now := r.pace.now(); now < r.Duration || now < latest && r.pending(); now = r.pace.now() {
		next := now + lookEvery
		if now < r.Duration {
			next = min(next, r.Duration)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.pace.at(next):
		}
		r.progress.show(r.pace.now(), r.soFar)
	}
}

// pending reports whether a death was not reported yet.
func (r *run) pending() bool {
	for _, w := range r.fleet {
		if w.soFar().dead {
			return true
		}
	}
	return false
}

// soFar counts the reports until now.
func (r *run) soFar() string {
	restarts, reported := 0, 0
	for _, w := range r.fleet {
		st := w.soFar()
		restarts += st.restarts
		if st.reported {
			reported++
		}
	}
	return fmt.Sprintf("%s, %s reported", count(restarts, "false alarm"), count(reported, "death"))
}

// pace turns fleet time into real time. Fleet time is 0 when the run begins.
type pace struct {
	start time.Time
	speed time.Duration
}

func startPace(speed int) pace { return pace{time.Now(), time.Duration(speed)} }

func (p pace) now() time.Duration { return time.Since(p.start) * p.speed }

// at returns a channel on which something arrives at the given fleet time.
func (p pace) at(t time.Duration) <-chan time.Time {
	return time.After(t/p.speed - time.Since(p.start))
}
