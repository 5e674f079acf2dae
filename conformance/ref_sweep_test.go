package conformance

import (
	"context"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func (r *ref) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (s driver.SweepResult, err error) {
	const op = "Sweep"
	err = r.reap(ctx, op, func(now time.Time) {
		r.leaveTick(shard, o, now)
		var detected []string
		for id, deadline := range r.lives {
			if shardOf(id) == shard && !now.Before(deadline) {
				r.die(id, deadline)
				detected = append(detected, id)
			}
		}
		r.noticeComebacks(shard, now)
		r.drop(shard, now)
		s = r.count(shard, now)
		s.Detected = detected
	}, driver.CheckShard(op, r, shard), o.Check(op))
	return s, err
}

// leaveTick counts the time since the tick before towards that for which
// deaths are kept.
func (r *ref) leaveTick(shard int, o driver.SweepOptions, now time.Time) {
	v, t := &r.shards[shard], r.Traits()
	for _, x := range r.in(shard) {
		from := slices.MaxFunc([]time.Time{v.tick, v.graceEnd, x.born}, time.Time.Compare)
		if !o.Forbidden && now.After(from) {
			x.kept += min(now.Sub(from), t.Patience(o.Interval))
		}
	}
	v.graceEnd = t.GraceEnd(o, now, v.tick, v.graceEnd)
	v.tick = now
}

// noticeComebacks looks for workspaces that were heard from after a deadline
// that their handler gave them.
func (r *ref) noticeComebacks(shard int, now time.Time) {
	for id, bound := range r.bounds {
		if shardOf(id) == shard && !now.Before(bound) {
			if r.left(id) > 0 {
				r.comeBack(id)
			}
			delete(r.bounds, id)
		}
	}
}

func (r *ref) drop(shard int, now time.Time) {
	for _, x := range r.in(shard) {
		if phase, _ := r.phase(x, now); x.Attempt == 0 && phase == driver.Ready && x.kept >= store.DefaultKeepDeaths {
			delete(r.deaths, x.ID)
			r.shards[shard].dropped++
		}
	}
}

func (r *ref) count(shard int, now time.Time) driver.SweepResult {
	v := &r.shards[shard]
	s := driver.SweepResult{
		Now: now, Next: store.MaxTTL, GraceEnd: v.graceEnd, Note: v.note, Returned: v.returned, Dropped: v.dropped,
	}
	for id, deadline := range r.lives {
		if shardOf(id) == shard {
			s.Online++
			s.Next = min(s.Next, deadline.Sub(now))
		}
	}
	for id, l := range r.leases {
		if shardOf(id) == shard && l.lasts(now) {
			s.Leased++
			s.Next = min(s.Next, l.until.Sub(now))
		}
	}
	for id, end := range r.recent {
		if shardOf(id) == shard && now.Before(end) {
			s.Recent++
		}
	}
	for _, x := range r.in(shard) {
		switch phase, until := r.phase(x, now); {
		case phase == driver.Delayed:
			s.Delayed++
			s.Next = min(s.Next, until.Sub(now))
		case phase == driver.Ready:
			s.Ready++
			if at := r.readyAt(x); s.OldestReady.IsZero() || at.Before(s.OldestReady) {
				s.OldestReady = at
			}
		}
		if x.Attempt == 0 && !x.Expired && !(x.Adopted && now.Before(x.ready)) {
			s.Fresh++
		}
	}
	return s
}
