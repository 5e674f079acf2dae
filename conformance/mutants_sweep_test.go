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
