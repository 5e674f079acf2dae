package conformance

import (
	"cmp"
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func (r *ref) Sweep(ctx context.Context, shard int, w store.Watch) (s store.Sweep, err error) {
	const op = "Sweep"
	err = r.reap(ctx, op, func(now time.Time) {
		r.leaveTick(shard, w, now)
		s = r.look(shard, now)
	}, store.CheckShard(op, r, shard), w.Check(op))
	return s, err
}

func (r *ref) leaveTick(shard int, w store.Watch, now time.Time) {
	v, ttl := &r.shards[shard], r.maxTTL()
	gap, patience, heartbeat := now.Sub(v.tick), max(3*time.Second, 3*w.Interval), cmp.Or(r.ttls.Heartbeat, ttl/6)
	switch {
	case v.tick.IsZero() || gap < 0 || w.Seen.After(v.tick):
		v.graceEnd = now.Add(ttl)
	case gap <= patience:
	case v.graceEnd.After(v.tick):
		v.graceEnd = v.graceEnd.Add(gap)
		if least := now.Add(min(patience+heartbeat, ttl)); v.graceEnd.Before(least) {
			v.graceEnd = least
		}
	default:
		v.graceEnd = now.Add(min(gap+heartbeat, ttl))
	}
	v.tick = now
}

func (r *ref) look(shard int, now time.Time) store.Sweep {
	v := &r.shards[shard]
	s := store.Sweep{Now: now, Next: store.MaxTTL, GraceEnd: v.graceEnd, TTL: r.maxTTL(), Note: v.note}
	for id, end := range r.lives {
		switch left := end.Sub(now); {
		case shardOf(id) != shard:
		case left > 0:
			s.Online++
			s.Next = min(s.Next, left)
		default:
			delete(r.lives, id)
			r.deaths[id] = r.newCorpse(id, end, false)
			s.Found = append(s.Found, id)
		}
	}
	for _, x := range r.in(shard) {
		if x.Attempt == 0 && now.Sub(x.Deadline) >= store.DefaultKeepDeaths {
			delete(r.deaths, x.ID)
			v.dropped++
			continue
		}
		if x.late(now) {
			s.Late++
		}
		if x.isFree(now) {
			s.Waiting++
		} else {
			s.Held++
			s.Next = min(s.Next, x.free.Sub(now))
		}
	}
	for id, x := range r.silent {
		if shardOf(id) == shard && x.late(now) {
			s.Late++
		}
	}
	s.Dropped = v.dropped
	return s
}

func (r *ref) newCorpse(id string, due time.Time, adopted bool) *corpse {
	last := due
	if end := r.shards[shardOf(id)].graceEnd; end.After(last) {
		last = end
	}
	return &corpse{store.Death{ID: id, Deadline: due, Adopted: adopted}, due, due, last.Add(r.maxTTL())}
}
