package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// with runs f while no other caller touches the data.
func (b *bent) with(f func()) {
	b.Lock()
	defer b.Unlock()
	f()
}

// resweep changes the results of sweeps.
func (b *bent) resweep(change func(shard int, s *driver.SweepResult)) {
	b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
		s, err := b.ref.Sweep(ctx, shard, o)
		if err == nil {
			b.with(func() { change(shard, &s) })
		}
		return s, err
	}
}

// rewatch changes the options of sweeps.
func (b *bent) rewatch(change func(shard int, o *driver.SweepOptions)) {
	b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
		if shard >= 0 && shard < refShards && o.Check("Sweep") == nil {
			b.with(func() { change(shard, &o) })
		}
		return b.ref.Sweep(ctx, shard, o)
	}
}

// reclaim changes the deaths that were leased.
func (b *bent) reclaim(change func(shard int, d *driver.Death)) {
	b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
		deaths, err := b.ref.Claim(ctx, shard, o)
		b.with(func() {
			for i := range deaths {
				change(shard, &deaths[i])
			}
		})
		return deaths, err
	}
}

// keepTheDeath keeps a death that a call about its workspace would have ended.
func (b *bent) keepTheDeath(op func(context.Context, string) error) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		var x *refDeath
		b.with(func() { x = b.deaths[id] })
		err := op(ctx, id)
		if err == nil && x != nil {
			b.with(func() { b.deaths[id] = x })
		}
		return err
	}
}

// trusting gives every death the token that its caller shows before it asks
// whether it is the holder's.
func (b *bent) trusting(d driver.Death) driver.Death {
	b.with(func() {
		if l := b.leases[d.ID]; l != nil {
			d.Token = l.token
		}
	})
	return d
}

func reaperMutants() []mutant {
	return []mutant{
		{"every shard is the whole store", "Reaper", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				if shard == 0 {
					shard++
				}
				return b.ref.Claim(ctx, shard, o)
			}
		}},
		{"each shard adopts everything", "Reaper", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				recent, err := b.ref.Adopt(ctx, shard, ids, due)
				if err == nil {
					b.with(func() {
						for _, id := range ids {
							if x := b.deaths[id]; x != nil && x.Adopted {
								b.die(id+"'", due).Adopted = true
							}
						}
					})
				}
				return recent, err
			}
		}},
		{"Traits returns the defaults", "Reaper", func(b *bent) {
			b.traits = func() driver.Traits { return driver.Traits{Shards: refShards} }
		}},
		{"Traits returns no For", "Reaper", func(b *bent) {
			b.traits = func() driver.Traits {
				t := b.ref.Traits()
				t.TTLs.For = nil
				return t
			}
		}},
		{"Traits returns no TTL of URLs", "Reaper", func(b *bent) {
			b.traits = func() driver.Traits {
				t := b.ref.Traits()
				t.TTLs.URL = 0
				return t
			}
		}},
		{"a shard that is not there is the first", "Reaper", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				return b.ref.Claim(ctx, max(0, shard%refShards), o)
			}
		}},
		{"an interval of nothing is taken", "Reaper", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				o.Interval = max(o.Interval, 1)
				return b.ref.Sweep(ctx, shard, o)
			}
		}},
		{"a lease of nothing is taken", "Reaper", func(b *bent) {
			b.extend = func(ctx context.Context, held []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				return b.ref.Extend(ctx, held, max(lease, store.MinTTL))
			}
		}},
		{"a death is released for less than nothing", "Reaper", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				return b.ref.Release(ctx, d, max(after, 0))
			}
		}},
		{"one monitor at a time", "Reaper", func(b *bent) {
			inside := make(chan struct{}, 1)
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				select {
				case inside <- struct{}{}:
					defer func() { <-inside }()
				default:
					return driver.SweepResult{}, &store.Error{Op: "Sweep", Err: store.ErrUnavailable}
				}
				time.Sleep(time.Nanosecond)
				return b.ref.Sweep(ctx, shard, o)
			}
		}},
	}
}
