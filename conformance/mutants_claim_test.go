package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func claimMutants() []mutant {
	return []mutant{
		{"a claim removes the death", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) { delete(b.deaths, d.ID) })
		}},
		{"a claim grants no lease", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) { b.deaths[d.ID].free = time.Now() })
		}},
		{"a lease is for ever", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) { b.deaths[d.ID].free = time.Now().Add(store.MaxTTL) })
		}},
		{"a claim looks first and takes then", "R2", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
				deaths, err := b.ref.Claim(ctx, shard, q)
				b.with(func() {
					for _, d := range deaths {
						b.deaths[d.ID].free = time.Now()
					}
				})
				time.Sleep(time.Nanosecond)
				b.with(func() {
					for _, d := range deaths {
						if x := b.deaths[d.ID]; x != nil {
							x.free = time.Now().Add(q.Lease)
						}
					}
				})
				return deaths, err
			}
		}},
		{"a token is used again", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) {
				d.Token = 1
				b.deaths[d.ID].Token = 1
			})
		}},
		{"tokens go down", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) {
				d.Token = 1_000_000 - d.Token
				b.deaths[d.ID].Token = d.Token
			})
		}},
		{"attempts are not counted", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) { d.Attempt = 1 })
		}},
		{"attempts begin at 0", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) { d.Attempt-- })
		}},
		{"PutBack ignores its time", "R2", func(b *bent) {
			b.putBack = func(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
				return b.ref.PutBack(ctx, d, min(after, 0))
			}
		}},
		{"PutBack waits for a second at least", "R2", func(b *bent) {
			b.putBack = func(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
				if after >= 0 {
					after = max(after, time.Second)
				}
				return b.ref.PutBack(ctx, d, after)
			}
		}},
		{"more are handed out than were asked for", "R2", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
				if q.Most > 0 {
					q.Most *= 2
				}
				return b.ref.Claim(ctx, shard, q)
			}
		}},
		{"the third attempt is the last", "R2", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) {
				if d.Attempt == 3 {
					b.deaths[d.ID].free = time.Now().Add(store.MaxTTL)
				}
			})
		}},
		{"a death is dated when it is found", "R2", func(b *bent) {
			b.resweep(func(_ int, s *store.Sweep) {
				for _, id := range s.Found {
					b.deaths[id].Deadline = s.Now.Add(time.Second)
				}
			})
		}},
	}
}
