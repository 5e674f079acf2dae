package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func keepMutants() []mutant {
	return []mutant{
		{"deaths are gone with the store", "R5", func(b *bent) { clear(b.deaths) }},
		{"leased deaths are gone with the store", "R5", func(b *bent) {
			for id := range b.leases {
				delete(b.deaths, id)
			}
		}},
		{"attempts are gone with the store", "R5", func(b *bent) {
			for _, x := range b.deaths {
				x.Attempt = min(x.Attempt, 1)
			}
		}},
		{"deaths by Expire are gone with the store", "R5", func(b *bent) {
			for id, x := range b.deaths {
				if x.Expired {
					delete(b.deaths, id)
				}
			}
		}},
		{"a death by Expire is by silence after the store", "R5", func(b *bent) {
			for _, x := range b.deaths {
				x.Expired = false
			}
		}},
		{"tokens begin anew with the store", "R5", func(b *bent) { b.token = 0 }},
		{"a death while the store is closed is forgotten", "R5", func(b *bent) {
			for id := range b.lives {
				if b.left(id) == 0 {
					delete(b.lives, id)
				}
			}
		}},
		{"acknowledged deaths are back with the store", "R5", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(ctx, d)
				if was {
					b.with(func() { b.acked = append(b.acked, d.ID) })
				}
				return was, err
			}
			for _, id := range b.acked {
				b.die(id, time.Now())
			}
		}},
		{"no death is dropped", "R5", func(b *bent) {
			b.rewatch(func(shard int, _ *driver.SweepOptions) {
				b.anew(shard)
			})
		}},
		{"deaths that were handed out are dropped too", "R5", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				for _, x := range b.in(shard) {
					if s.Now.Sub(x.Deadline) >= store.DefaultKeepDeaths {
						delete(b.deaths, x.ID)
						s.Ready--
					}
				}
			})
		}},
		{"leased deaths are dropped too", "R5", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				for _, x := range b.in(shard) {
					if x.Attempt == 0 && x.kept >= store.DefaultKeepDeaths {
						delete(b.deaths, x.ID)
					}
				}
			})
		}},
		{"the delay of an adopted death counts", "R5", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				recent, err := b.ref.Adopt(ctx, shard, ids, due)
				b.with(func() {
					for _, id := range ids {
						if x := b.deaths[id]; x != nil && x.Adopted {
							x.born = time.Now()
						}
					}
				})
				return recent, err
			}
		}},
		{"a death that is dropped takes the URLs along", "R5", func(b *bent) {
			b.rewatch(func(shard int, o *driver.SweepOptions) {
				for _, x := range b.in(shard) {
					if from := b.shards[shard].tick; x.Attempt == 0 && x.kept+time.Since(from) >= store.DefaultKeepDeaths {
						b.forgetURLs(x.ID)
					}
				}
			})
		}},
		{"dropped deaths are not counted", "R5", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Dropped = 0 })
		}},
		{"a grace counts", "R5", func(b *bent) {
			b.rewatch(func(shard int, o *driver.SweepOptions) {
				v := &b.shards[shard]
				if passed := min(time.Since(v.tick), v.graceEnd.Sub(v.tick)); passed > 0 && !v.tick.IsZero() {
					for _, x := range b.in(shard) {
						x.kept += passed
					}
				}
			})
		}},
		{"the day begins anew with a grace", "R5", func(b *bent) {
			b.rewatch(func(shard int, _ *driver.SweepOptions) {
				if time.Now().Before(b.shards[shard].graceEnd) {
					b.anew(shard)
				}
			})
		}},
		{"the day begins anew when it is Forbidden", "R5", func(b *bent) {
			b.rewatch(func(shard int, o *driver.SweepOptions) {
				if o.Forbidden {
					b.anew(shard)
				}
			})
		}},
		{"Forbidden is nothing", "R5", func(b *bent) {
			b.rewatch(func(_ int, o *driver.SweepOptions) { o.Forbidden = false })
		}},
		{"one sweep that is Forbidden forbids all", "R5", func(b *bent) {
			forbidden := false
			b.rewatch(func(_ int, o *driver.SweepOptions) {
				forbidden = forbidden || o.Forbidden
				o.Forbidden = forbidden
			})
		}},
		{"Forget forgets deaths that were handed out", "R5", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error {
				return b.ref.many(ctx, "Forget", ids, func() {
					for _, id := range ids {
						if b.left(id) == 0 {
							b.forget(id)
						}
					}
				})
			}
		}},
		{"deaths are kept for an hour", "R5", func(b *bent) {
			b.resweep(func(shard int, s *driver.SweepResult) {
				for _, x := range b.in(shard) {
					if x.Attempt == 0 && s.Now.Sub(x.Deadline) >= time.Hour {
						delete(b.deaths, x.ID)
						s.Ready--
						s.Dropped++
					}
				}
			})
		}},
		{"the count of the dropped begins anew with the store", "R5", func(b *bent) {
			for i := range b.shards {
				b.shards[i].dropped = 0
			}
		}},
		{"the count of the returned begins anew with the store", "R5", func(b *bent) {
			for i := range b.shards {
				b.shards[i].returned = 0
			}
		}},
	}
}

// anew lets no time count so far for the deaths of a shard.
func (b *bent) anew(shard int) {
	for _, x := range b.in(shard) {
		x.kept = 0
	}
}
