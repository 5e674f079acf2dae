package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func countMutants() []mutant {
	return []mutant{
		{"no more than 100 are counted as ready", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Ready = min(s.Ready, 100) })
		}},
		{"no more than 100 are counted as fresh", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Fresh = min(s.Fresh, 100) })
		}},
		{"no more than 100 are counted as leased", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Leased = min(s.Leased, 100) })
		}},
		{"no more than 100 are counted as delayed", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Delayed = min(s.Delayed, 100) })
		}},
		{"no more than 100 are counted as recent", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Recent = min(s.Recent, 100) })
		}},
		{"the counts are those of the sweep before", "R8", func(b *bent) {
			var before [refShards]driver.SweepResult
			b.resweep(func(shard int, s *driver.SweepResult) {
				was := before[shard]
				before[shard] = *s
				s.Online, s.Ready, s.Fresh, s.Leased, s.Delayed, s.Recent = was.Online, was.Ready, was.Fresh, was.Leased, was.Delayed, was.Recent
			})
		}},
		{"leased deaths are ready too", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Ready += s.Leased })
		}},
		{"no death is ready in a grace", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				if s.Now.Before(s.GraceEnd) {
					s.Ready = 0
				}
			})
		}},
		{"the dead are counted among the living", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Online += s.Ready })
		}},
		{"a lease without a death is not counted", "R8", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				for id, l := range b.leases {
					if shardOf(id) == shard && l.lasts(s.Now) && b.deaths[id] != l.of {
						s.Leased--
					}
				}
			})
		}},
		{"a lease that has ended is counted", "R8", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				s.Leased = 0
				for id := range b.leases {
					if shardOf(id) == shard {
						s.Leased++
					}
				}
			})
		}},
		{"delayed deaths are ready", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Ready, s.Delayed = s.Ready+s.Delayed, 0 })
		}},
		{"only ready deaths are fresh", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Fresh = min(s.Fresh, s.Ready) })
		}},
		{"every death is fresh", "R8", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) { s.Fresh = len(b.in(shard)) })
		}},
		{"adopted workspaces are fresh before they are due", "R8", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				for _, x := range b.in(shard) {
					if x.Adopted && s.Now.Before(x.ready) {
						s.Fresh++
					}
				}
			})
		}},
		{"deaths by Expire are fresh", "R8", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				for _, x := range b.in(shard) {
					if x.Expired && x.Attempt == 0 {
						s.Fresh++
					}
				}
			})
		}},
		{"the oldest is leased", "R8", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				if s.Leased > 0 {
					s.OldestReady = s.Now
				}
			})
		}},
		{"the youngest is the oldest", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				if !s.OldestReady.IsZero() {
					s.OldestReady = s.Now
				}
			})
		}},
		{"a workspace is recent while it is dead", "R8", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) { s.Recent = len(b.in(shard)) })
		}},
		{"a workspace is recent from its claim", "R8", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { b.recent[d.ID] = time.Now().Add(b.ttls.Liveness) })
		}},
		{"an acknowledgement ends being recent", "R8", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(ctx, d)
				b.with(func() { delete(b.recent, d.ID) })
				return was, err
			}
		}},
		{"an acknowledgement does not make recent anew", "R8", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				var end time.Time
				b.with(func() { end = b.recent[d.ID] })
				was, err := b.ref.Acknowledge(ctx, d)
				if was && b.deaths[d.ID] == nil && !b.alive(d.ID) {
					b.with(func() { b.recent[d.ID] = end })
				}
				return was, err
			}
		}},
		{"a comeback does not end being recent", "R8", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				var end time.Time
				b.with(func() { end = b.recent[id] })
				err := b.ref.SetOnline(ctx, id)
				b.with(func() { b.recent[id] = end })
				return err
			}
		}},
		{"a comeback is not counted", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Returned = 0 })
		}},
		{"every comeback is counted", "R8", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				b.with(func() {
					if err == nil && b.recent[id].IsZero() {
						b.shards[shardOf(id)].returned++
					}
				})
				return err
			}
		}},
		{"a Clear is counted as a comeback", "R8", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				b.with(func() {
					if ctx.Err() == nil && !b.closed && store.CheckID(id) == nil {
						b.comeBack(id)
					}
				})
				return b.ref.Clear(ctx, id)
			}
		}},
		{"a Clear does not end being recent", "R8", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				var end time.Time
				b.with(func() { end = b.recent[id] })
				err := b.ref.Clear(ctx, id)
				b.with(func() { b.recent[id] = end })
				return err
			}
		}},
		{"Register is no comeback", "R8", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				var end time.Time
				b.with(func() { end = b.recent[id]; delete(b.recent, id) })
				err := b.ref.Register(ctx, id, url, internalURL)
				b.with(func() { b.recent[id] = end })
				return err
			}
		}},
		{"a grant is a comeback", "R8", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				if err == nil {
					b.with(func() { b.comeBack(id) })
				}
				return err
			}
		}},
		{"a grant is never a comeback", "R8", func(b *bent) {
			b.rewatch(func(int, *driver.SweepOptions) { clear(b.bounds) })
		}},
		{"the end of a grant is a comeback", "R8", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				for _, id := range s.Detected {
					b.comeBack(id)
				}
			})
		}},
		{"a withdrawal is never a comeback", "R8", func(b *bent) {
			b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Withdraw(ctx, d)
				b.with(func() { delete(b.bounds, d.ID) })
				return was, err
			}
		}},
		{"the acknowledgement of a lease alone prolongs being recent", "R8", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(ctx, d)
				b.with(func() {
					if was && !b.recent[d.ID].IsZero() {
						b.recent[d.ID] = time.Now().Add(b.ttls.Liveness)
					}
				})
				return was, err
			}
		}},
		{"a death is ready from its detection on", "R8", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				for _, id := range s.Detected {
					b.deaths[id].ready = s.Now
				}
				s.OldestReady = b.ref.count(shard, s.Now).OldestReady
			})
		}},
		{"a withdrawal is a comeback", "R8", func(b *bent) {
			b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Withdraw(ctx, d)
				if was {
					b.with(func() { b.comeBack(d.ID) })
				}
				return was, err
			}
		}},
	}
}

// shift moves all that the data knows of time.
func (d *data) shift(by time.Duration) {
	for id, end := range d.lives {
		d.lives[id] = end.Add(by)
	}
	for _, x := range d.deaths {
		x.Deadline, x.ready, x.born = x.Deadline.Add(by), x.ready.Add(by), x.born.Add(by)
	}
}
