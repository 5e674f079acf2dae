package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func adoptMutants() []mutant {
	// adopting replaces Adopt, for ids that are in the shard.
	adopting := func(b *bent, adopt func(id string, due time.Time)) {
		b.adopt = func(ctx context.Context, shard int, ids []string) error {
			if err := b.ref.Adopt(ctx, shard, nil); err != nil {
				return err
			}
			if err := store.CheckMany(ctx, "Adopt", ids); err != nil {
				return err
			}
			b.with(func() {
				due := b.shards[shard].graceEnd
				if now := time.Now(); !due.After(now) {
					due = now.Add(b.maxTTL())
				}
				for _, id := range ids {
					if shardOf(id) == shard {
						adopt(id, due)
					}
				}
			})
			return nil
		}
	}
	return []mutant{
		{"nobody is adopted", "R7", func(b *bent) { adopting(b, func(string, time.Time) {}) }},
		{"the living are adopted", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if b.deaths[id] == nil {
					b.deaths[id] = b.newCorpse(id, due, true)
				}
			})
		}},
		{"the dead are adopted", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if b.left(id) == 0 {
					b.deaths[id] = b.newCorpse(id, due, true)
				}
			})
		}},
		{"who is adopted is dead at once", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if b.lives[id].IsZero() && b.deaths[id] == nil {
					b.deaths[id] = b.newCorpse(id, time.Now(), true)
				}
			})
		}},
		{"who is adopted has a TTL also in a grace", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if b.lives[id].IsZero() && b.deaths[id] == nil {
					b.deaths[id] = b.newCorpse(id, time.Now().Add(b.maxTTL()), true)
				}
			})
		}},
		{"adopted again, one waits again", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if x := b.deaths[id]; b.lives[id].IsZero() && (x == nil || x.Adopted) {
					b.deaths[id] = b.newCorpse(id, due, true)
				}
			})
		}},
		{"who is adopted is online", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if b.lives[id].IsZero() && b.deaths[id] == nil {
					b.lives[id] = due
				}
			})
		}},
		{"who was adopted is not marked", "R7", func(b *bent) {
			b.reclaim(func(_ int, d *store.Death) { d.Adopted = false })
		}},
		{"Disown forgets the living", "R7", func(b *bent) {
			b.disown = func(ctx context.Context, ids []string) error {
				return b.ref.many(ctx, "Disown", ids, func() {
					for _, id := range ids {
						b.forget(id)
					}
				})
			}
		}},
		{"Disown does nothing", "R7", func(b *bent) {
			b.disown = func(ctx context.Context, ids []string) error {
				return b.ref.many(ctx, "Disown", ids, func() {})
			}
		}},
		{"Disown leaves the URLs", "R7", func(b *bent) {
			b.disown = func(ctx context.Context, ids []string) error {
				return b.ref.many(ctx, "Disown", ids, func() {
					for _, id := range ids {
						if b.left(id) == 0 {
							delete(b.lives, id)
							delete(b.deaths, id)
						}
					}
				})
			}
		}},
		{"Disown leaves what nobody has found yet", "R7", func(b *bent) {
			b.disown = func(ctx context.Context, ids []string) error {
				return b.ref.many(ctx, "Disown", ids, func() {
					for _, id := range ids {
						end := b.lives[id]
						if b.left(id) == 0 {
							b.forget(id)
						}
						if !end.IsZero() {
							b.lives[id] = end
						}
					}
				})
			}
		}},
	}
}
