package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func claimMutants() []mutant {
	return []mutant{
		{"a claim removes the death", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { delete(b.deaths, d.ID) })
		}},
		{"a claim grants no lease", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { b.leases[d.ID].until = time.Now() })
		}},
		{"a lease lasts without end", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { b.leases[d.ID].until = time.Now().Add(store.MaxTTL) })
		}},
		{"a claim looks first and leases then", "R2", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				deaths, err := b.ref.Claim(ctx, shard, o)
				b.with(func() {
					for _, d := range deaths {
						b.leases[d.ID].until = time.Now()
					}
				})
				time.Sleep(time.Nanosecond)
				b.with(func() {
					for _, d := range deaths {
						if l := b.leases[d.ID]; l != nil {
							l.until = time.Now().Add(o.Lease)
						}
					}
				})
				return deaths, err
			}
		}},
		{"a token is used again", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) {
				d.Token = 1
				b.leases[d.ID].token = 1
			})
		}},
		{"tokens go down", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) {
				d.Token = 1_000_000 - d.Token
				b.leases[d.ID].token = d.Token
			})
		}},
		{"attempts are not counted", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { d.Attempt = 1 })
		}},
		{"a claim counts as an attempt", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { b.deaths[d.ID].Attempt++ })
		}},
		{"a hand-out counts as none", "R2", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(ctx, d)
				if s == driver.Held {
					b.with(func() { b.deaths[d.ID].Attempt-- })
				}
				return s, err
			}
		}},
		{"attempts begin at 0", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { d.Attempt-- })
		}},
		{"Release ignores its time", "R2", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				return b.ref.Release(ctx, d, min(after, 0))
			}
		}},
		{"Release waits for a second at least", "R2", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				if after >= 0 {
					after = max(after, time.Second)
				}
				return b.ref.Release(ctx, d, after)
			}
		}},
		{"more are leased than were asked for", "R2", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				if o.Max > 0 {
					o.Max *= 2
				}
				return b.ref.Claim(ctx, shard, o)
			}
		}},
		{"a bounded claim leases none", "R2", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				many := false
				if shard >= 0 && shard < refShards {
					b.with(func() { many = len(b.in(shard)) > 5 })
				}
				if many && o.Max == 1 {
					return nil, nil
				}
				return b.ref.Claim(ctx, shard, o)
			}
		}},
		{"a second hand-out under one lease is no attempt", "R2", func(b *bent) {
			begun := map[int64]bool{}
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(ctx, d)
				b.with(func() {
					if s == driver.Held && begun[d.Token] {
						b.deaths[d.ID].Attempt--
					}
					begun[d.Token] = begun[d.Token] || s == driver.Held
				})
				return s, err
			}
		}},
		{"the third attempt is the last", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) {
				if d.Attempt == 3 {
					b.leases[d.ID].until = time.Now().Add(store.MaxTTL)
				}
			})
		}},
		{"a death is dated when it is detected", "R2", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				for _, id := range s.Detected {
					b.deaths[id].Deadline = s.Now.Add(time.Second)
				}
			})
		}},
		{"no delay is longer than an hour", "R2", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				if driver.CheckDelay("Release", after) != nil {
					return b.ref.Release(ctx, d, after)
				}
				return b.ref.Release(ctx, d, min(after, time.Hour))
			}
		}},
		{"a lease is milliseconds of 32 bits", "R2", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				if driver.CheckLease("Extend", lease) != nil {
					return b.ref.Extend(ctx, leased, lease)
				}
				return b.ref.Extend(ctx, leased, max(time.Millisecond, time.Duration(int32(lease/time.Millisecond))*time.Millisecond))
			}
		}},
		{"an adopted death is due within a week", "R2", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				if week := time.Now().Add(7 * 24 * time.Hour); due.After(week) {
					due = week
				}
				return b.ref.Adopt(ctx, shard, ids, due)
			}
		}},
	}
}
