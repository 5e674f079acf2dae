package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// inAbsence acts in the data before a sweep that comes too late.
func (b *bent) inAbsence(f func(shard int, gap time.Duration)) {
	b.rewatch(func(shard int, o *driver.SweepOptions) {
		v := &b.shards[shard]
		if gap := time.Since(v.tick); !v.tick.IsZero() && gap > b.Traits().Patience(o.Interval) {
			f(shard, gap)
		}
	})
}

// dropUndetected drops the dead of a shard that no sweep has detected.
func (b *bent) dropUndetected(shard int, which func(deadline time.Time) bool) {
	for id, deadline := range b.lives {
		if shardOf(id) == shard && b.left(id) == 0 && which(deadline) {
			b.forget(id)
			b.shards[shard].dropped++
		}
	}
}

func unsweptMutants() []mutant {
	return []mutant{
		{"a death in a time without a sweep is dated by the sweep before", "R2", func(b *bent) {
			b.inAbsence(func(shard int, _ time.Duration) {
				for id, deadline := range b.lives {
					latest := b.shards[shard].tick.Add(b.ttls.Liveness)
					if shardOf(id) == shard && b.left(id) == 0 && deadline.After(latest) {
						b.lives[id] = latest
					}
				}
			})
		}},
		{"a time without a sweep counts", "R5", func(b *bent) {
			b.inAbsence(func(shard int, gap time.Duration) {
				for _, x := range b.in(shard) {
					x.kept += gap
				}
			})
		}},
		{"the time for which a store was closed counts", "R5", func(b *bent) {
			for _, x := range b.deaths {
				x.kept += time.Since(b.shards[shardOf(x.ID)].tick)
			}
		}},
		{"those who died in days without a sweep are dropped", "R5", func(b *bent) {
			b.inAbsence(func(shard int, gap time.Duration) {
				b.dropUndetected(shard, func(time.Time) bool { return gap >= store.DefaultKeepDeaths })
			})
		}},
		{"those who died early in days without a sweep are dropped", "R5", func(b *bent) {
			b.inAbsence(func(shard int, gap time.Duration) {
				b.dropUndetected(shard, func(deadline time.Time) bool {
					return gap >= store.DefaultKeepDeaths && time.Since(deadline) > b.ttls.Liveness
				})
			})
		}},
		{"those who expired in days without a sweep are dropped", "R5", func(b *bent) {
			b.inAbsence(func(shard int, gap time.Duration) {
				for _, x := range b.in(shard) {
					if x.Expired && gap >= store.DefaultKeepDeaths {
						x.kept = gap
					}
				}
			})
		}},
		{"those who died while the store was closed after days without a sweep are dropped", "R5", func(b *bent) {
			for shard, v := range b.shards {
				b.dropUndetected(shard, func(time.Time) bool { return time.Since(v.tick) >= store.DefaultKeepDeaths })
			}
		}},
	}
}
