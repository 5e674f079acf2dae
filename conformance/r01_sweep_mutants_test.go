package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func sweepMutants() []mutant {
	return []mutant{
		{"the dead are not detected", "R1", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Detected = nil })
		}},
		{"one of many dead is not detected", "R1", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Detected = s.Detected[:min(len(s.Detected), 20)] })
		}},
		{"the dead are detected again and again", "R1", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				s.Detected = nil
				for _, x := range b.in(shard) {
					s.Detected = append(s.Detected, x.ID)
				}
			})
		}},
		{"the living are detected dead when the first deadline has come", "R1", func(b *bent) {
			first := map[string]time.Time{}
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if err == nil {
					b.with(func() { first[id] = b.lives[id] })
				}
				return err
			}
			b.resweep(func(shard int, s *driver.SweepResult) {
				for id, end := range first {
					if shardOf(id) == shard && b.left(id) > 0 && !time.Now().Before(end) {
						s.Detected = append(s.Detected, id)
					}
				}
			})
		}},
		{"an earlier death is detected at the later deadline", "R1", func(b *bent) {
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
			b.resweep(b.detectAt(func(id string) time.Time { return latest[id] }))
		}},
		{"the dead that another call has noticed are not detected", "R1", func(b *bent) {
			b.count = func(ctx context.Context) (int, error) {
				n, err := b.ref.Count(ctx)
				b.with(func() {
					for id, end := range b.lives {
						if err == nil && b.left(id) == 0 {
							delete(b.lives, id)
							b.die(id, end)
						}
					}
				})
				return n, err
			}
		}},
		{"the next look is always in ten minutes", "R1", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Next = 10 * time.Minute })
		}},
		{"the next look is only for the living", "R1", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				s.Next = store.MaxTTL
				for id := range b.lives {
					if left := b.left(id); left > 0 && shardOf(id) == shard {
						s.Next = min(s.Next, left)
					}
				}
			})
		}},
		{"the next look is not for leases", "R1", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				held := b.leases
				b.leases = map[string]*lease{}
				now := time.Now()
				s.Next = store.MaxTTL
				for id, end := range b.lives {
					if shardOf(id) == shard {
						s.Next = min(s.Next, end.Sub(now))
					}
				}
				for _, x := range b.in(shard) {
					if x.ready.After(now) {
						s.Next = min(s.Next, x.ready.Sub(now))
					}
				}
				b.leases = held
			})
		}},
		{"the next look is not for leases without a death", "R1", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				now := time.Now()
				s.Next = store.MaxTTL
				for id, end := range b.lives {
					if shardOf(id) == shard {
						s.Next = min(s.Next, end.Sub(now))
					}
				}
				for _, x := range b.in(shard) {
					if _, until := b.phase(x, now); until.After(now) {
						s.Next = min(s.Next, until.Sub(now))
					}
				}
			})
		}},
		{"the next look is not for delays", "R1", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				now := time.Now()
				s.Next = store.MaxTTL
				for id, end := range b.lives {
					if shardOf(id) == shard {
						s.Next = min(s.Next, end.Sub(now))
					}
				}
				for id, l := range b.leases {
					if shardOf(id) == shard && l.lasts(now) {
						s.Next = min(s.Next, l.until.Sub(now))
					}
				}
			})
		}},
		{"sweeps at once detect the same dead", "R1", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, w driver.SweepOptions) (driver.SweepResult, error) {
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
				s.Detected = dead
				return s, err
			}
		}},
		{"there is always more to do", "R1", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Next = 0 })
		}},
	}
}

// lengthMutants keep only some TTLs as they are.
func lengthMutants() []mutant {
	second := func(d time.Duration) time.Duration { return max(time.Second, d.Round(time.Second)) }
	bits := func(d time.Duration) time.Duration {
		return time.Duration(int32(d/time.Millisecond)) * time.Millisecond
	}
	week := func(d time.Duration) time.Duration { return min(d, 7*24*time.Hour) }
	least := func(d time.Duration) time.Duration { return max(d, 10*time.Second) }
	granting := func(change func(time.Duration) time.Duration) func(*bent) {
		return func(b *bent) {
			usual := b.ttls
			b.ttls.For = func(id string) time.Duration {
				ttl, err := usual.ForLiveness(id)
				if err != nil {
					return -1
				}
				return change(ttl)
			}
		}
	}
	caching := func(change func(time.Duration) time.Duration) func(*bent) {
		return func(b *bent) {
			b.cacheInternal = func(ctx context.Context, id, url string) error {
				err := b.ref.CacheInternalURL(ctx, id, url)
				if err == nil {
					b.with(func() {
						c := b.urls[slot{"internal", id}]
						c.end = time.Now().Add(change(b.ttls.ForURL()))
						b.urls[slot{"internal", id}] = c
					})
				}
				return err
			}
		}
	}
	handing := func(change func(time.Duration) time.Duration) func(*bent) {
		return func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				if driver.CheckGrant(ctx, "SetOnlineFor", id, ttl) == nil {
					ttl = change(ttl)
				}
				return b.ref.SetOnlineFor(ctx, id, ttl)
			}
		}
	}
	return []mutant{
		{"a life is whole seconds", "C1", granting(second)},
		{"a life is milliseconds of 32 bits", "C1", granting(func(d time.Duration) time.Duration { return max(time.Millisecond, bits(d)) })},
		{"no life is longer than a week", "C1", granting(week)},
		{"no life is shorter than ten seconds", "C1", granting(least)},
		{"every life is the default", "C1", granting(func(time.Duration) time.Duration { return store.DefaultLivenessTTL })},
		{"a URL is kept for whole seconds", "C3", caching(second)},
		{"a URL is kept for milliseconds of 32 bits", "C3", caching(bits)},
		{"a URL is kept for the default", "C3", caching(func(time.Duration) time.Duration { return store.DefaultURLTTL })},
		{"a grant is whole seconds", "C13", handing(second)},
		{"no grant is longer than a week", "C13", handing(week)},
		{"a sweep looks at whole seconds", "R1", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				for _, id := range s.Detected {
					if x := b.deaths[id]; x != nil {
						x.Deadline = x.Deadline.Truncate(time.Second)
					}
				}
			})
		}},
		{"a sweep looks again a week after a long life has ended", "R1", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				if s.Next > 24*time.Hour {
					s.Next = store.MaxTTL + 7*24*time.Hour
				}
			})
		}},
	}
}
