package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// reorder changes the order in which deaths are leased.
func (b *bent) reorder(order func(x *refDeath) int64) { b.data.order = order }

func orderMutants() []mutant {
	reclaim := func(b *bent, change func(o *driver.ClaimOptions)) {
		b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
			change(&o)
			return b.ref.Claim(ctx, shard, o)
		}
	}
	return []mutant{
		{"the last death is leased first", "R2", func(b *bent) {
			b.reorder(func(x *refDeath) int64 {
				if x.Expired {
					return -1 << 40
				}
				return -b.readyAt(x).UnixMilli()
			})
		}},
		{"deaths are leased in the order of their deadlines", "R2", func(b *bent) {
			b.reorder(func(x *refDeath) int64 {
				if x.Expired {
					return -1
				}
				return x.Deadline.UnixMilli()
			})
		}},
		{"deaths are leased in the order of their ids", "R2", func(b *bent) {
			b.reorder(func(x *refDeath) int64 {
				n := int64(0)
				for _, c := range []byte(x.ID) {
					n = n<<8 + int64(c)
				}
				return n
			})
		}},
		{"deaths by Expire wait in line", "R2", func(b *bent) {
			b.reorder(func(x *refDeath) int64 { return b.readyAt(x).UnixMilli() })
		}},
		{"a death by Expire that was released waits in line", "R2", func(b *bent) {
			b.reorder(func(x *refDeath) int64 {
				if x.Expired && x.ready.Equal(x.Deadline) {
					return -1
				}
				return b.readyAt(x).UnixMilli()
			})
		}},
		{"a death by Expire that was released is by silence", "R2", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				was, err := b.ref.Release(ctx, d, after)
				b.with(func() {
					if x := b.deaths[d.ID]; was && x != nil {
						x.Expired = false
					}
				})
				return was, err
			}
		}},
		{"a death by Expire whose lease has ended is by silence", "R2", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				b.with(func() {
					for id, l := range b.leases {
						if x := b.deaths[id]; x != nil && x == l.of && !l.lasts(time.Now()) {
							x.Expired = false
						}
					}
				})
				return b.ref.Claim(ctx, shard, o)
			}
		}},
		{"a death by Expire that was handed out is by silence", "R2", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(ctx, d)
				b.with(func() {
					if x := b.deaths[d.ID]; s == driver.Held {
						x.Expired = false
					}
				})
				return s, err
			}
		}},
		{"Before is nothing", "R2", func(b *bent) {
			reclaim(b, func(o *driver.ClaimOptions) { o.Before = time.Time{} })
		}},
		{"Before leaves out deaths by Expire", "R2", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				if o.Before.IsZero() {
					return b.ref.Claim(ctx, shard, o)
				}
				var hidden []*refDeath
				b.with(func() {
					for _, x := range b.in(shard) {
						if x.Expired {
							hidden = append(hidden, x)
							delete(b.deaths, x.ID)
						}
					}
				})
				defer b.with(func() {
					for _, x := range hidden {
						b.deaths[x.ID] = x
					}
				})
				return b.ref.Claim(ctx, shard, o)
			}
		}},
		{"Before ends a claim at the first later death", "R2", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				stop := false
				if !o.Before.IsZero() {
					b.with(func() {
						for _, x := range b.in(shard) {
							if phase, _ := b.phase(x, time.Now()); phase == driver.Ready {
								stop = !x.Expired && x.Deadline.After(o.Before)
								break
							}
						}
					})
				}
				if stop {
					return nil, nil
				}
				return b.ref.Claim(ctx, shard, o)
			}
		}},
		{"Expired is nothing", "R2", func(b *bent) {
			reclaim(b, func(o *driver.ClaimOptions) { o.Expired = false })
		}},
		{"Expired leaves out those by Expire", "R2", func(b *bent) {
			reclaim(b, func(o *driver.ClaimOptions) {
				if o.Expired {
					o.Expired, o.Before = false, time.Now().Add(time.Hour)
				}
			})
		}},
		{"Before is asked of a page of ready deaths", "R2", func(b *bent) {
			const page = 100
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				left := 0
				if shard >= 0 && shard < refShards && !o.Before.IsZero() {
					b.with(func() {
						for _, x := range b.in(shard) {
							phase, _ := b.phase(x, time.Now())
							if phase != driver.Ready {
								continue
							}
							if x.Expired || !x.Deadline.After(o.Before) {
								break
							}
							left++
						}
					})
				}
				if left >= page {
					return nil, nil
				}
				return b.ref.Claim(ctx, shard, o)
			}
		}},
	}
}
