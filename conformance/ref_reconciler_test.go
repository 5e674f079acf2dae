package conformance

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

func (r *ref) Deaths(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
	const op = "Deaths"
	return func(yield func(driver.Pending, error) bool) {
		var all []*refDeath
		err := r.reap(ctx, op, func(time.Time) { all = r.in(shard) }, driver.CheckShard(op, r, shard))
		for _, x := range all {
			p, pending := driver.Pending{}, false
			err = r.reap(ctx, op, func(now time.Time) {
				p.Death, pending = x.Death, r.deaths[x.ID] == x
				p.Phase, p.Until = r.phase(x, now)
			})
			if err != nil {
				break
			}
			if pending && !yield(p, nil) {
				return
			}
		}
		if err != nil {
			yield(driver.Pending{}, err)
		}
	}
}

func (r *ref) Adopt(ctx context.Context, shard int, ids []string, due time.Time) (recent []string, err error) {
	const op = "Adopt"
	err = r.reap(ctx, op, func(now time.Time) {
		if due.Before(now) {
			due = now
		}
		for _, id := range ids {
			switch {
			case shardOf(id) != shard || !r.lives[id].IsZero() || r.deaths[id] != nil:
			case now.Before(r.recent[id]):
				recent = append(recent, id)
			default:
				x := r.die(id, due)
				x.Adopted, x.born = true, due
			}
		}
	}, driver.CheckShard(op, r, shard), driver.CheckMany(context.WithoutCancel(ctx), op, ids))
	return recent, err
}

// Discover finds nothing, since no other program writes to a ref.
func (r *ref) Discover(ctx context.Context, within time.Duration) (d driver.Discovery, err error) {
	err = r.reap(ctx, "Discover", func(now time.Time) { d = driver.Discovery{Wait: within, LastPass: now} })
	return d, err
}

func (r *ref) Forget(ctx context.Context, ids []string) error {
	return r.many(ctx, "Forget", ids, func() {
		for _, id := range ids {
			x, now := r.deaths[id], time.Now()
			if r.left(id) == 0 && !r.leases[id].lasts(now) && !now.Before(r.recent[id]) && (x == nil || x.Attempt == 0) {
				r.forget(id)
			}
		}
	})
}

func (r *ref) Sample(ctx context.Context, shard, n int) (ids []string, err error) {
	const op = "Sample"
	err = r.reap(ctx, op, func(time.Time) {
		for id := range r.lives {
			if shardOf(id) == shard && len(ids) < n {
				ids = append(ids, id)
			}
		}
	}, driver.CheckShard(op, r, shard))
	return ids, err
}

func (r *ref) Look(ctx context.Context, ids []string) (all []driver.Sighting, err error) {
	err = r.many(ctx, "Look", ids, func() {
		for _, id := range ids {
			all = append(all, r.sighting(id))
		}
	})
	return all, err
}

func (r *ref) sighting(id string) driver.Sighting {
	x := r.deaths[id]
	switch left := r.left(id); {
	case left > 0:
		return driver.Sighting{State: driver.Online, Remaining: left}
	case !r.lives[id].IsZero():
		return driver.Sighting{State: driver.Vanished}
	case x != nil && x.Attempt == 0 && !time.Now().Before(r.recent[id]):
		return driver.Sighting{State: driver.Dead}
	}
	return driver.Sighting{}
}
