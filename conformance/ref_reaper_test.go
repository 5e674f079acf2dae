package conformance

import (
	"cmp"
	"context"
	"hash/crc32"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

const refShards = 2

// watched is the state of one shard that its monitors share.
type watched struct {
	tick, graceEnd    time.Time
	note              string
	dropped, returned int64
}

// refDeath is a death that was neither acknowledged nor withdrawn.
type refDeath struct {
	driver.Death               // Attempt counts how often it was handed out
	ready        time.Time     // from when it can be leased
	born         time.Time     // from when it is kept
	kept         time.Duration // in which it could be handed out since then
}

// lease is on a workspace and goes on when the workspace is back.
type lease struct {
	token int64
	until time.Time
	of    *refDeath
}

func (l *lease) lasts(now time.Time) bool { return l != nil && now.Before(l.until) }

func shardOf(id string) int { return int(crc32.ChecksumIEEE([]byte(id)) % refShards) }

func (r *ref) Traits() driver.Traits {
	return driver.Traits{Shards: refShards, TTLs: r.ttls, Local: true}
}

// die ends a life, if there is one, with a death.
func (r *ref) die(id string, deadline time.Time) *refDeath {
	since, now := deadline, time.Now()
	if first, ok := r.since[id]; ok {
		since = first
	}
	x := &refDeath{Death: driver.Death{ID: id, Deadline: deadline, Since: since}, ready: deadline, born: now}
	delete(r.lives, id)
	r.deaths[id] = x
	return x
}

// in returns the deaths of the shard, in the order in which they are leased.
func (d *data) in(shard int) []*refDeath {
	var all []*refDeath
	for id, x := range d.deaths {
		if shardOf(id) == shard {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b *refDeath) int {
		if d.order != nil && d.order(a) != d.order(b) {
			return cmp.Compare(d.order(a), d.order(b))
		}
		if a.Expired != b.Expired {
			return map[bool]int{true: -1, false: 1}[a.Expired]
		}
		return cmp.Or(d.readyAt(a).Compare(d.readyAt(b)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func (d *data) readyAt(x *refDeath) time.Time {
	if l := d.leases[x.ID]; l != nil && l.until.After(x.ready) {
		return l.until
	}
	return x.ready
}

// phase returns how a death stands, and until when.
func (d *data) phase(x *refDeath, now time.Time) (driver.Phase, time.Time) {
	switch l := d.leases[x.ID]; {
	case l.lasts(now):
		return driver.Leased, l.until
	case now.Before(x.ready):
		return driver.Delayed, x.ready
	}
	return driver.Ready, time.Time{}
}

// standing returns the standing of the caller that shows this death.
func (d *data) standing(held driver.Death, now time.Time) driver.Standing {
	switch l := d.leases[held.ID]; {
	case l == nil || l.token != held.Token:
		return driver.Lost
	case l.of == d.deaths[held.ID]:
		return driver.Held
	case l.lasts(now):
		return driver.CameBack
	}
	return driver.Lost
}

// reap is do for a Reaper's method, after the checks of its arguments.
func (r *ref) reap(ctx context.Context, op string, f func(now time.Time), arguments ...error) error {
	if err := cmp.Or(arguments...); err != nil {
		return err
	}
	return r.many(ctx, op, nil, func() { f(time.Now()) })
}

func (r *ref) Claim(ctx context.Context, shard int, o driver.ClaimOptions) (deaths []driver.Death, err error) {
	const op = "Claim"
	err = r.reap(ctx, op, func(now time.Time) {
		if now.Before(r.shards[shard].graceEnd) {
			return
		}
		for _, x := range r.in(shard) {
			phase, _ := r.phase(x, now)
			late := !o.Before.IsZero() && x.Deadline.After(o.Before)
			if phase != driver.Ready || !x.Expired && (o.Expired || late) || len(deaths) >= o.Max {
				continue
			}
			r.token++
			r.leases[x.ID] = &lease{r.token, now.Add(o.Lease), x}
			d := x.Death
			d.Token = r.token
			d.Attempt++
			deaths = append(deaths, d)
		}
	}, driver.CheckShard(op, r, shard), o.Check(op))
	return deaths, err
}

// held is do for a method of the holder of d.
func (r *ref) held(ctx context.Context, op string, d driver.Death, f func(s driver.Standing, now time.Time)) (s driver.Standing, err error) {
	if err := driver.Check(ctx, op, d.ID); err != nil {
		return driver.Lost, err
	}
	err = r.do(ctx, op, d.ID, func() error {
		now := time.Now()
		if s = r.standing(d, now); s != driver.Lost {
			f(s, now)
		}
		return nil
	})
	return s, err
}

func (r *ref) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	return r.held(ctx, "Begin", d, func(s driver.Standing, now time.Time) {
		if s == driver.Held {
			x := r.deaths[d.ID]
			if x.Attempt++; x.Attempt == 1 {
				r.forgetURLs(d.ID)
			}
			r.recent[d.ID] = now.Add(r.Traits().Liveness())
		}
	})
}

func (r *ref) Extend(ctx context.Context, leased []driver.Death, length time.Duration) (all []driver.Standing, err error) {
	const op = "Extend"
	err = r.reap(ctx, op, func(now time.Time) {
		for _, d := range leased {
			s := r.standing(d, now)
			if s != driver.Lost {
				r.leases[d.ID].until = now.Add(length)
			}
			all = append(all, s)
		}
	}, driver.CheckLease(op, length))
	return all, err
}

func (r *ref) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	s, err := r.held(ctx, "Acknowledge", d, func(s driver.Standing, now time.Time) {
		delete(r.leases, d.ID)
		if s == driver.Held {
			delete(r.deaths, d.ID)
			r.recent[d.ID] = now.Add(r.Traits().Liveness())
		}
	})
	return s != driver.Lost, err
}

func (r *ref) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	if err := driver.CheckDelay("Release", after); err != nil {
		return false, err
	}
	s, err := r.held(ctx, "Release", d, func(s driver.Standing, now time.Time) {
		delete(r.leases, d.ID)
		if s == driver.Held {
			r.deaths[d.ID].ready = now.Add(after)
		}
	})
	return s != driver.Lost, err
}

func (r *ref) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	ttl, err := driver.CheckTTL(ctx, "Withdraw", d.ID, r.ttls)
	if err != nil {
		return false, err
	}
	s, err := r.held(ctx, "Withdraw", d, func(s driver.Standing, now time.Time) {
		delete(r.leases, d.ID)
		if s == driver.Held {
			since := r.deaths[d.ID].Since
			r.grant(d.ID, ttl)
			r.since[d.ID], r.bounds[d.ID] = since, r.lives[d.ID]
		}
	})
	return s != driver.Lost, err
}

func (r *ref) Note(ctx context.Context, shard int, old, next string) (note string, err error) {
	const op = "Note"
	err = r.reap(ctx, op, func(time.Time) {
		v := &r.shards[shard]
		if v.note == old {
			v.note = next
		}
		note = v.note
	}, driver.CheckShard(op, r, shard), driver.CheckNote(op, next))
	return note, err
}
