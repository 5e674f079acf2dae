package mapstore

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// perSweep is how many deaths one sweep detects at most.
const perSweep = 1000

// Sweep implements driver.Reaper.
func (s *Store) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	if err := s.checkShard(ctx, "Sweep", shard, o.Check("Sweep")); err != nil {
		return driver.SweepResult{}, err
	}
	return step(s, "Sweep", "", func(now time.Time) (driver.SweepResult, error) { return s.sweep(now, o), nil })
}

func (s *Store) sweep(now time.Time, o driver.SweepOptions) driver.SweepResult {
	open := s.open(now, o)
	s.graceEnd = s.Traits().GraceEnd(o, now, s.tick, s.graceEnd)
	s.tick = now
	r := driver.SweepResult{Now: now, Next: store.MaxTTL, GraceEnd: s.graceEnd, Note: s.note}
	for id, w := range s.workspaces {
		s.endTrial(w, now)
		if w.vanished(now) && len(r.Detected) < perSweep {
			w.die(w.deadline, now)
			r.Detected = append(r.Detected, id)
		}
		s.age(w, now, open)
		if w.empty(now) {
			delete(s.workspaces, id)
			continue
		}
		w.count(&r, now)
	}
	r.Returned, r.Dropped = s.returned, s.dropped
	return r
}

// open returns for how long, since the sweep before, deaths could be handed out
// (R5).
func (s *Store) open(now time.Time, o driver.SweepOptions) time.Duration {
	from := later(s.tick, s.graceEnd)
	if o.Forbidden || s.tick.IsZero() || from.After(now) {
		return 0
	}
	return min(now.Sub(from), s.Traits().Patience(o.Interval))
}

// endTrial notices the heartbeats of a workspace once the deadline that
// SetOnlineFor or Withdraw gave has passed.
func (s *Store) endTrial(w *workspace, now time.Time) {
	if w.trial.IsZero() || now.Before(w.trial) {
		return
	}
	w.trial = time.Time{}
	if w.heard {
		s.comeBack(w, now)
	}
}

// age drops a death that could be handed out for long enough and never was.
func (s *Store) age(w *workspace, now time.Time, open time.Duration) {
	d := w.death
	if d == nil || d.Attempt > 0 {
		return
	}
	d.kept += max(0, min(open, now.Sub(d.made)))
	if d.kept >= s.keep && !w.leased(now) {
		w.death, w.lease = nil, nil
		s.dropped++
	}
}

// count adds the workspace to what a sweep has found.
func (w *workspace) count(r *driver.SweepResult, now time.Time) {
	due := func(at time.Time) { r.Next = max(0, min(r.Next, at.Sub(now))) }
	if !w.deadline.IsZero() {
		r.Online++
		due(w.deadline)
	}
	if w.isRecent(now) {
		r.Recent++
	}
	if w.leased(now) {
		r.Leased++
		due(w.lease.end)
	}
	if w.death == nil {
		return
	}
	if w.death.fresh(now) {
		r.Fresh++
	}
	switch phase, until := w.phase(now); phase {
	case driver.Delayed:
		r.Delayed++
		due(until)
	case driver.Ready:
		if r.Ready++; r.OldestReady.IsZero() || w.ready().Before(r.OldestReady) {
			r.OldestReady = w.ready()
		}
	}
}
