package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func sweepMutants() []mutant {
	return []mutant{
		{"the dead are not found", "R1", func(b *bent) {
			b.resweep(func(_ int, s *store.Sweep) { s.Found = nil })
		}},
		{"one of many dead is not found", "R1", func(b *bent) {
			b.resweep(func(_ int, s *store.Sweep) { s.Found = s.Found[:min(len(s.Found), 20)] })
		}},
		{"the dead are found again and again", "R1", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) {
				s.Found = nil
				for _, x := range b.in(shard) {
					s.Found = append(s.Found, x.ID)
				}
			})
		}},
		{"the living are found dead when the first deadline has come", "R1", func(b *bent) {
			first := map[string]time.Time{}
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if err == nil {
					b.with(func() { first[id] = b.lives[id] })
				}
				return err
			}
			b.resweep(func(shard int, s *store.Sweep) {
				for id, end := range first {
					if shardOf(id) == shard && b.left(id) > 0 && !time.Now().Before(end) {
						s.Found = append(s.Found, id)
					}
				}
			})
		}},
		{"an earlier death is found at the later deadline", "R1", func(b *bent) {
			latest := map[string]time.Time{}
			note := func(op func(context.Context, string) error) func(context.Context, string) error {
				return func(ctx context.Context, id string) error {
					err := op(ctx, id)
					b.with(func() {
						if end := b.lives[id]; err == nil && end.After(latest[id]) {
							latest[id] = end
						}
					})
					return err
				}
			}
			b.setOnline, b.refresh = note(b.ref.SetOnline), note(b.ref.RefreshTTL)
			b.resweep(func(shard int, s *store.Sweep) {
				var found []string
				for _, id := range s.Found {
					if x := b.deaths[id]; x != nil && time.Now().Before(latest[id]) {
						delete(b.deaths, id)
						b.lives[id] = x.Deadline
						continue
					}
					found = append(found, id)
				}
				s.Found = found
			})
		}},
		{"what another call has noticed is not found", "R1", func(b *bent) {
			b.count = func(ctx context.Context) (int, error) {
				n, err := b.ref.Count(ctx)
				b.with(func() {
					for id, end := range b.lives {
						if err == nil && b.left(id) == 0 {
							delete(b.lives, id)
							b.deaths[id] = b.newCorpse(id, end, false)
						}
					}
				})
				return n, err
			}
		}},
		{"the next look is always in ten minutes", "R1", func(b *bent) {
			b.resweep(func(_ int, s *store.Sweep) { s.Next = 10 * time.Minute })
		}},
		{"the next look is only for the living", "R1", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) {
				s.Next = store.MaxTTL
				for id := range b.lives {
					if left := b.left(id); left > 0 && shardOf(id) == shard {
						s.Next = min(s.Next, left)
					}
				}
			})
		}},
		{"sweepers at once find the same dead", "R1", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
				var dead []string
				b.with(func() {
					for id := range b.lives {
						if shardOf(id) == shard && b.left(id) == 0 {
							dead = append(dead, id)
						}
					}
				})
				time.Sleep(time.Nanosecond)
				s, err := b.ref.Sweep(ctx, shard, w)
				s.Found = dead
				return s, err
			}
		}},
		{"there is always more to do", "R1", func(b *bent) {
			b.resweep(func(_ int, s *store.Sweep) { s.Next = 0 })
		}},
	}
}
