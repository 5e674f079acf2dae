package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func keepMutants() []mutant {
	return []mutant{
		{"deaths are gone with the store", "R5", func(b *bent) { clear(b.deaths) }},
		{"what was held is gone with the store", "R5", func(b *bent) {
			for id, x := range b.deaths {
				if x.Token != 0 {
					delete(b.deaths, id)
				}
			}
		}},
		{"tokens begin anew with the store", "R5", func(b *bent) { b.token = 0 }},
		{"who dies while the store is closed is forgotten", "R5", func(b *bent) {
			for id := range b.lives {
				if b.left(id) == 0 {
					delete(b.lives, id)
				}
			}
		}},
		{"acknowledged deaths are back with the store", "R5", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				ended, err := b.ref.Acknowledge(ctx, d)
				if ended {
					b.with(func() { b.acked = append(b.acked, d.ID) })
				}
				return ended, err
			}
			for _, id := range b.acked {
				b.deaths[id] = b.newCorpse(id, time.Now(), false)
			}
		}},
		{"deaths are kept for ever", "R5", func(b *bent) {
			b.rewatch(func(shard int, _ *store.Watch) {
				for _, x := range b.in(shard) {
					x.Attempt = max(x.Attempt, 1)
				}
			})
		}},
		{"what was claimed is dropped too", "R5", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) {
				for _, x := range b.in(shard) {
					if s.Now.Sub(x.Deadline) >= store.DefaultKeepDeaths {
						delete(b.deaths, x.ID)
						s.Waiting--
					}
				}
			})
		}},
		{"what was dropped is not counted", "R5", func(b *bent) {
			b.resweep(func(_ int, s *store.Sweep) { s.Dropped = 0 })
		}},
		{"deaths are kept for an hour", "R5", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) {
				for _, x := range b.in(shard) {
					if x.Attempt == 0 && s.Now.Sub(x.Deadline) >= time.Hour {
						delete(b.deaths, x.ID)
						s.Waiting--
						s.Dropped++
					}
				}
			})
		}},
	}
}
