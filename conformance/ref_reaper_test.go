package conformance

import (
	"cmp"
	"context"
	"hash/crc32"
	"iter"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
)

const refShards = 2

// watched is what a ref keeps of one shard for those who watch it.
type watched struct {
	tick, graceEnd time.Time
	note           string
	dropped        int64
}

// corpse is a death that was not acknowledged.
type corpse struct {
	store.Death
	free             time.Time // from when it can be handed out
	lateFrom, oldAge time.Time // when it counts as late
}

func (x *corpse) late(now time.Time) bool   { return !now.Before(x.lateFrom) && now.Before(x.oldAge) }
func (x *corpse) isFree(now time.Time) bool { return !now.Before(x.free) }

func shardOf(id string) int { return int(crc32.ChecksumIEEE([]byte(id)) % refShards) }

func (r *ref) maxTTL() time.Duration { return cmp.Or(r.longest, r.ttls.Liveness) }

// in returns the deaths of the shard, in the order of their ids.
func (d *data) in(shard int) []*corpse {
	var all []*corpse
	for id, x := range d.deaths {
		if shardOf(id) == shard {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b *corpse) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func (r *ref) Shards() int { return refShards }

// reap is do for a Reaper's method, after the checks of its arguments.
func (r *ref) reap(ctx context.Context, op string, f func(now time.Time), arguments ...error) error {
	if err := cmp.Or(arguments...); err != nil {
		return err
	}
	return r.many(ctx, op, nil, func() { f(time.Now()) })
}

func (r *ref) Claim(ctx context.Context, shard int, q store.Quota) (deaths []store.Death, err error) {
	const op = "Claim"
	err = r.reap(ctx, op, func(now time.Time) {
		if now.Before(r.shards[shard].graceEnd) {
			return
		}
		for _, x := range r.in(shard) {
			if x.isFree(now) && len(deaths) < q.Most {
				r.token++
				x.Token = r.token
				x.Attempt++
				x.free = now.Add(q.Lease)
				deaths = append(deaths, x.Death)
			}
		}
	}, store.CheckShard(op, r, shard), q.Check(op))
	return deaths, err
}

func (r *ref) heldBy(d store.Death) *corpse {
	if x := r.deaths[d.ID]; x != nil && x.Token == d.Token && d.Token != 0 {
		return x
	}
	return nil
}

func (r *ref) Extend(ctx context.Context, held []store.Death, lease time.Duration) (still []bool, err error) {
	const op = "Extend"
	err = r.reap(ctx, op, func(now time.Time) {
		for _, d := range held {
			x := r.heldBy(d)
			if x != nil {
				x.free = now.Add(lease)
			}
			still = append(still, x != nil)
		}
	}, store.CheckLease(op, lease))
	return still, err
}

func (r *ref) Acknowledge(ctx context.Context, d store.Death) (ended bool, err error) {
	if err := store.Check(ctx, "Acknowledge", d.ID); err != nil {
		return false, err
	}
	err = r.do(ctx, "Acknowledge", d.ID, func() error {
		x := r.heldBy(d)
		if ended = x != nil; ended {
			r.forget(d.ID)
			r.silent[d.ID] = x
		}
		return nil
	})
	return ended, err
}

func (r *ref) PutBack(ctx context.Context, d store.Death, after time.Duration) (given bool, err error) {
	const op = "PutBack"
	if err := cmp.Or(store.CheckAfter(op, after), store.Check(ctx, op, d.ID)); err != nil {
		return false, err
	}
	err = r.do(ctx, op, d.ID, func() error {
		x := r.heldBy(d)
		if given = x != nil; given {
			x.Token, x.free = 0, time.Now().Add(after)
		}
		return nil
	})
	return given, err
}

func (r *ref) Deaths(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
	const op = "Deaths"
	return func(yield func(store.Death, error) bool) {
		var all []*corpse
		err := r.reap(ctx, op, func(time.Time) { all = r.in(shard) }, store.CheckShard(op, r, shard))
		for _, x := range all {
			var d store.Death
			if err = r.reap(ctx, op, func(time.Time) { d = x.Death }); err != nil {
				break
			}
			d.Token = 0
			if !yield(d, nil) {
				return
			}
		}
		if err != nil {
			yield(store.Death{}, err)
		}
	}
}

func (r *ref) Adopt(ctx context.Context, shard int, ids []string) error {
	const op = "Adopt"
	if err := cmp.Or(store.CheckShard(op, r, shard), store.CheckMany(ctx, op, ids)); err != nil {
		return err
	}
	return r.reap(ctx, op, func(now time.Time) {
		due := r.shards[shard].graceEnd
		if !due.After(now) {
			due = now.Add(r.maxTTL())
		}
		for _, id := range ids {
			if shardOf(id) == shard && r.lives[id].IsZero() && r.deaths[id] == nil {
				delete(r.silent, id)
				r.deaths[id] = r.newCorpse(id, due, true)
			}
		}
	})
}

func (r *ref) Disown(ctx context.Context, ids []string) error {
	return r.many(ctx, "Disown", ids, func() {
		for _, id := range ids {
			if r.left(id) == 0 {
				r.forget(id)
			}
		}
	})
}

func (r *ref) Note(ctx context.Context, shard int, old, new string) (note string, err error) {
	const op = "Note"
	err = r.reap(ctx, op, func(time.Time) {
		v := &r.shards[shard]
		if v.note == old {
			v.note = new
		}
		note = v.note
	}, store.CheckShard(op, r, shard), store.CheckNote(op, new))
	return note, err
}
