package conformance

import (
	"context"
	"maps"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func countMutants() []mutant {
	return []mutant{
		{"the counts are those of the sweep before", "R8", func(b *bent) {
			var before [refShards]tally
			b.resweep(func(shard int, s *store.Sweep) {
				was := before[shard]
				before[shard] = tally{s.Online, s.Late, s.Waiting, s.Held}
				s.Online, s.Late, s.Waiting, s.Held = was.online, was.late, was.waiting, was.held
			})
		}},
		{"late is for ever", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) { s.Late = s.Waiting + s.Held })
		}},
		{"late is until the claim", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) { s.Late = min(s.Late, s.Waiting) })
		}},
		{"an acknowledgement ends being late", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) { clear(b.silent) })
		}},
		{"who was acknowledged stays late", "R8", func(b *bent) {
			silent := maps.Clone(b.silent)
			b.resweep(func(shard int, s *store.Sweep) {
				maps.Copy(silent, b.silent)
				for id, x := range silent {
					if shardOf(id) == shard && b.silent[id] == nil && x.late(s.Now) {
						s.Late++
					}
				}
			})
		}},
		{"late is counted from the grace's beginning", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) {
				s.Late = 0
				for _, x := range b.in(shard) {
					if !s.Now.Before(x.lateFrom) && s.Now.Before(x.Deadline.Add(s.TTL)) {
						s.Late++
					}
				}
			})
		}},
		{"late is counted from the detection", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) {
				for _, id := range s.Found {
					if x := b.deaths[id]; x != nil {
						x.oldAge = s.Now.Add(s.TTL)
					}
				}
			})
		}},
		{"nothing waits in a grace", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) {
				if s.Now.Before(s.GraceEnd) {
					s.Waiting = 0
				}
			})
		}},
		{"what is held waits too", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) { s.Waiting += s.Held })
		}},
		{"what is adopted is late at once", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) {
				for _, x := range b.in(shard) {
					if x.Adopted && s.Now.Before(x.lateFrom) {
						s.Late++
					}
				}
			})
		}},
		{"the dead are counted among the living", "R8", func(b *bent) {
			b.resweep(func(shard int, s *store.Sweep) { s.Online += s.Waiting })
		}},
	}
}

func clockMutants() []mutant {
	return []mutant{
		{"the clock is the caller's", "R9", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
				if behind := time.Since(w.Seen); !w.Seen.IsZero() && behind > store.DefaultLivenessTTL*2 && ctx.Err() == nil {
					b.with(func() { b.shift(behind) })
					defer b.with(func() { b.shift(-behind) })
				}
				return b.ref.Sweep(ctx, shard, w)
			}
		}},
		{"a caller that is behind begins a grace", "R9", func(b *bent) {
			b.rewatch(func(shard int, w *store.Watch) {
				if v := &b.shards[shard]; !w.Seen.IsZero() && v.tick.Sub(w.Seen) > 30*time.Second {
					v.tick = time.Time{}
				}
			})
		}},
		{"a caller that knows no time begins a grace", "R9", func(b *bent) {
			b.rewatch(func(shard int, w *store.Watch) {
				if w.Seen.IsZero() {
					b.shards[shard].tick = time.Time{}
				}
			})
		}},
		{"the clock is what a caller has seen last", "R9", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
				s, err := b.ref.Sweep(ctx, shard, w)
				if err == nil && !w.Seen.IsZero() {
					s.Now = w.Seen
				}
				return s, err
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
		x.Deadline, x.free = x.Deadline.Add(by), x.free.Add(by)
		x.lateFrom, x.oldAge = x.lateFrom.Add(by), x.oldAge.Add(by)
	}
}
