package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func comebackMutants() []mutant {
	return []mutant{
		{"the living are handed out", "R4", func(b *bent) { b.setOnline = b.keepTheDeath(b.ref.SetOnline) }},
		{"one that came back is still held", "R4", func(b *bent) {
			set := b.keepTheDeath(b.ref.SetOnline)
			b.setOnline = func(ctx context.Context, id string) error {
				held := false
				b.with(func() {
					x := b.deaths[id]
					held = x != nil && x.Token != 0
				})
				if held {
					return set(ctx, id)
				}
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"an acknowledgement forgets one that came back", "R4", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				ended, err := b.ref.Acknowledge(ctx, d)
				if err == nil && !ended && b.alive(d.ID) {
					b.with(func() { b.forget(d.ID) })
				}
				return ended, err
			}
		}},
		{"an acknowledgement looks first and forgets then", "R4", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				still, err := b.ref.Extend(ctx, []store.Death{d}, time.Hour)
				if err != nil || !still[0] {
					return b.ref.Acknowledge(ctx, d)
				}
				time.Sleep(time.Nanosecond)
				b.with(func() { b.forget(d.ID) })
				return true, nil
			}
			b.setOnline = func(ctx context.Context, id string) error {
				time.Sleep(time.Nanosecond)
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"attempts are counted on after a comeback", "R4", func(b *bent) {
			before := map[string]int{}
			b.reclaim(func(_ int, d *store.Death) {
				before[d.ID] = max(before[d.ID]+1, d.Attempt)
				d.Attempt = before[d.ID]
			})
		}},
		{"the next silence has the deadline of the last", "R4", func(b *bent) {
			first := map[string]time.Time{}
			b.reclaim(func(_ int, d *store.Death) {
				if first[d.ID].IsZero() {
					first[d.ID] = d.Deadline
				}
				d.Deadline = first[d.ID]
			})
		}},
		{"one silence is all that is reported", "R4", func(b *bent) {
			acknowledged := map[string]bool{}
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				ended, err := b.ref.Acknowledge(ctx, d)
				b.with(func() { acknowledged[d.ID] = acknowledged[d.ID] || ended })
				return ended, err
			}
			b.resweep(func(_ int, s *store.Sweep) {
				for _, id := range s.Found {
					if acknowledged[id] {
						delete(b.deaths, id)
					}
				}
			})
		}},
		{"a refresh that finds nobody ends the death", "R4", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					b.with(func() { delete(b.deaths, id) })
				}
				return err
			}
		}},

		{"a Clear is a death", "C5", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				alive := b.alive(id)
				err := b.ref.Clear(ctx, id)
				if err == nil && alive {
					b.with(func() { b.deaths[id] = b.newCorpse(id, time.Now(), false) })
				}
				return err
			}
		}},
		{"a Clear of the dead leaves the death", "C5", func(b *bent) { b.clear = b.keepTheDeath(b.ref.Clear) }},
		{"ClearMany leaves the deaths", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				for _, id := range ids {
					if err := b.keepTheDeath(b.ref.Clear)(ctx, id); err != nil {
						return b.ref.ClearMany(ctx, ids)
					}
				}
				return b.ref.ClearMany(ctx, nil)
			}
		}},
	}
}
