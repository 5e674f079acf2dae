package conformance

import (
	"context"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

func samplerMutants() []mutant {
	resample := func(b *bent, change func(shard, n int, ids []string) []string) {
		b.sample = func(ctx context.Context, shard, n int) ([]string, error) {
			ids, err := b.ref.Sample(ctx, shard, n)
			if err == nil {
				b.with(func() { ids = change(shard, n, ids) })
			}
			return ids, err
		}
	}
	relook := func(b *bent, change func(id string, s *driver.Sighting)) {
		b.look = func(ctx context.Context, ids []string) ([]driver.Sighting, error) {
			all, err := b.ref.Look(ctx, ids)
			if err == nil {
				b.with(func() {
					for i := range all {
						change(ids[i], &all[i])
					}
				})
			}
			return all, err
		}
	}
	return []mutant{
		{"a page of ids is looked at", "Sampler", func(b *bent) {
			b.look = func(ctx context.Context, ids []string) ([]driver.Sighting, error) {
				all, err := b.ref.Look(ctx, ids)
				clear(all[min(len(all), 100):])
				return all, err
			}
		}},
		{"Look folds its ids", "Sampler", func(b *bent) {
			b.look = func(ctx context.Context, ids []string) ([]driver.Sighting, error) {
				return b.ref.Look(ctx, each(ids, strings.ToLower))
			}
		}},
		{"a sample is one too few", "Sampler", func(b *bent) {
			resample(b, func(_, _ int, ids []string) []string { return ids[:max(len(ids)-1, 0)] })
		}},
		{"a sample is one too many", "Sampler", func(b *bent) {
			b.sample = func(ctx context.Context, shard, n int) ([]string, error) { return b.ref.Sample(ctx, shard, n+1) }
		}},
		{"a sample is always the same", "Sampler", func(b *bent) {
			var first [refShards][]string
			resample(b, func(shard, n int, ids []string) []string {
				if n == 1 && first[shard] != nil {
					return first[shard]
				}
				first[shard] = ids
				return ids
			})
		}},
		{"a sample leaves out the undetected", "Sampler", func(b *bent) {
			resample(b, func(_, _ int, ids []string) []string {
				var alive []string
				for _, id := range ids {
					if b.left(id) > 0 {
						alive = append(alive, id)
					}
				}
				return alive
			})
		}},
		{"a sample has the dead", "Sampler", func(b *bent) {
			resample(b, func(shard, n int, ids []string) []string {
				for _, x := range b.in(shard) {
					if len(ids) < n {
						ids = append(ids, x.ID)
					}
				}
				return ids
			})
		}},
		{"a sample is of the whole store", "Sampler", func(b *bent) {
			resample(b, func(_, n int, ids []string) []string {
				for id := range b.lives {
					if len(ids) < n {
						ids = append(ids, id)
					}
				}
				return ids
			})
		}},
		{"a sample is drawn with repetition", "Sampler", func(b *bent) {
			resample(b, func(_, n int, ids []string) []string {
				if n > 1 && len(ids) == n {
					ids[0] = ids[1]
				}
				return ids
			})
		}},
		{"the undetected are dead", "Sampler", func(b *bent) {
			relook(b, func(_ string, s *driver.Sighting) {
				if s.State == driver.Vanished {
					s.State = driver.Dead
				}
			})
		}},
		{"the handed out are dead", "Sampler", func(b *bent) {
			relook(b, func(id string, s *driver.Sighting) {
				if b.deaths[id] != nil {
					s.State = driver.Dead
				}
			})
		}},
		{"the leased are unknown", "Sampler", func(b *bent) {
			relook(b, func(id string, s *driver.Sighting) {
				if b.leases[id].lasts(time.Now()) {
					*s = driver.Sighting{}
				}
			})
		}},
		{"the recent are unknown", "Sampler", func(b *bent) {
			relook(b, func(id string, s *driver.Sighting) {
				if time.Now().Before(b.recent[id]) {
					*s = driver.Sighting{}
				}
			})
		}},
		{"the adopted are unknown until they are ready", "Sampler", func(b *bent) {
			relook(b, func(id string, s *driver.Sighting) {
				if x := b.deaths[id]; x != nil && time.Now().Before(x.ready) {
					*s = driver.Sighting{}
				}
			})
		}},
		{"the expired are unknown", "Sampler", func(b *bent) {
			relook(b, func(id string, s *driver.Sighting) {
				if x := b.deaths[id]; x != nil && x.Expired {
					*s = driver.Sighting{}
				}
			})
		}},
		{"a TTL remains", "Sampler", func(b *bent) {
			relook(b, func(_ string, s *driver.Sighting) {
				if s.State == driver.Online {
					s.Remaining = b.ttls.Liveness
				}
			})
		}},
		{"no more than a TTL remains", "Sampler", func(b *bent) {
			relook(b, func(_ string, s *driver.Sighting) { s.Remaining = min(s.Remaining, b.ttls.Liveness) })
		}},
		{"each id is looked at once", "Sampler", func(b *bent) {
			b.look = func(ctx context.Context, ids []string) ([]driver.Sighting, error) {
				all, err := b.ref.Look(ctx, ids)
				seen := map[string]bool{}
				for i, id := range ids {
					if err == nil && seen[id] {
						all[i] = driver.Sighting{}
					}
					seen[id] = true
				}
				return all, err
			}
		}},
	}
}
