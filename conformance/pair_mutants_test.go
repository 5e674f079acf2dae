package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// pairMutants keep to one store what is of the data.
func pairMutants() []mutant {
	return []mutant{
		{"a store remembers who is online", "C5", func(b *bent) {
			seen := map[string]time.Time{}
			remembering := func(op func(context.Context, string) error) func(context.Context, string) error {
				return func(ctx context.Context, id string) error {
					err := op(ctx, id)
					b.with(func() { seen[id] = b.lives[id] })
					return err
				}
			}
			b.setOnline, b.refresh, b.clear = remembering(b.ref.SetOnline), remembering(b.ref.RefreshTTL), remembering(b.ref.Clear)
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				b.with(func() { online = online || err == nil && time.Now().Before(seen[id]) })
				return online, err
			}
		}},
		{"a store remembers URLs", "C5", func(b *bent) {
			seen := map[string]string{}
			b.cache = func(ctx context.Context, id, url string) error {
				err := b.ref.CacheURL(ctx, id, url)
				if err == nil {
					b.with(func() { seen[id] = url })
				}
				return err
			}
			b.clear = func(ctx context.Context, id string) error {
				b.with(func() { delete(seen, id) })
				return b.ref.Clear(ctx, id)
			}
			b.cached = func(ctx context.Context, id string) (string, error) {
				url, err := b.ref.GetCachedURL(ctx, id)
				b.with(func() {
					if seen[id] != "" && ctx.Err() == nil && !b.closed {
						url, err = seen[id], nil
					}
				})
				return url, err
			}
		}},
		{"another store is nothing to a store", "C9", func(b *bent) {
			own := map[string]bool{}
			b.setOnline = func(ctx context.Context, id string) error {
				b.with(func() { own[id] = true })
				return b.ref.SetOnline(ctx, id)
			}
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				b.with(func() { online = online && own[id] })
				return online, err
			}
		}},
		{"a store counts its own tokens", "R2", func(b *bent) {
			var token int64
			b.reclaim(func(_ int, d *driver.Death) {
				token++
				b.leases[d.ID].token, d.Token = token, token
			})
		}},
		{"a store has ticks of its own", "R6", func(b *bent) {
			var ticks [refShards]time.Time
			b.rewatch(func(shard int, _ *driver.SweepOptions) {
				b.shards[shard].tick, ticks[shard] = ticks[shard], time.Now()
			})
		}},
		{"a store keeps a note of its own", "Note", func(b *bent) {
			var notes [refShards]string
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				note, err := b.ref.Note(ctx, shard, old, next)
				if err != nil {
					return note, err
				}
				b.with(func() {
					if notes[shard] == old {
						notes[shard] = next
					}
					note = notes[shard]
				})
				return note, nil
			}
		}},
	}
}
