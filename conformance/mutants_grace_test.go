package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func graceMutants() []mutant {
	return []mutant{
		{"there is no grace", "R6", func(b *bent) {
			b.rewatch(func(shard int, w *store.Watch) {
				b.shards[shard].tick = time.Now()
				w.Seen = time.Time{}
			})
		}},
		{"a grace is for ever", "R6", func(b *bent) {
			b.rewatch(func(shard int, _ *store.Watch) { b.shards[shard].tick = time.Time{} })
		}},
		{"a grace is for sweeps only", "R6", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
				if shard < 0 || shard >= refShards {
					return b.ref.Claim(ctx, shard, q)
				}
				var end time.Time
				b.with(func() { end, b.shards[shard].graceEnd = b.shards[shard].graceEnd, end })
				defer b.with(func() { b.shards[shard].graceEnd = end })
				return b.ref.Claim(ctx, shard, q)
			}
		}},
		{"nobody is found in a grace", "R6", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
				s, err := b.ref.Sweep(ctx, shard, w)
				if s.Now.Before(s.GraceEnd) {
					b.with(func() {
						for _, id := range s.Found {
							b.lives[id] = b.deaths[id].Deadline
							delete(b.deaths, id)
						}
					})
					s.Found, s.Waiting, s.Late = nil, 0, 0
				}
				return s, err
			}
		}},
		{"every grace is one TTL", "R6", func(b *bent) {
			b.regrace(func(_, ttl time.Duration) time.Duration { return ttl })
		}},
		{"a grace is as long as the gap, however long", "R6", func(b *bent) {
			b.regrace(func(gap, _ time.Duration) time.Duration { return gap + b.ttls.Liveness/6 })
		}},
		{"a grace is as long as the gap and no heartbeat", "R6", func(b *bent) {
			b.regrace(func(gap, ttl time.Duration) time.Duration { return min(gap, ttl) })
		}},
		{"heartbeats are every sixth of a TTL", "R6", func(b *bent) {
			b.regrace(func(gap, ttl time.Duration) time.Duration { return min(gap+ttl/6, ttl) })
		}},
		{"three seconds are a gap whatever the interval", "R6", func(b *bent) {
			b.rewatch(func(_ int, w *store.Watch) { w.Interval = min(w.Interval, time.Second) })
		}},
		{"three intervals are a gap however short", "R6", func(b *bent) {
			b.rewatch(func(shard int, w *store.Watch) {
				v := &b.shards[shard]
				if gap := time.Since(v.tick); !v.tick.IsZero() && gap > 3*w.Interval && gap <= 3*time.Second {
					v.graceEnd = time.Now().Add(gap)
				}
			})
		}},
		{"a gap during a grace is nothing", "R6", func(b *bent) {
			b.rewatch(func(shard int, w *store.Watch) {
				if v := &b.shards[shard]; v.graceEnd.After(v.tick) {
					w.Interval = store.MaxTTL
				}
			})
		}},
		{"a gap during a grace begins a new one", "R6", func(b *bent) {
			b.rewatch(func(shard int, w *store.Watch) {
				if v := &b.shards[shard]; v.graceEnd.After(v.tick) && time.Since(v.tick) > max(3*time.Second, 3*w.Interval) {
					v.tick = time.Time{}
				}
			})
		}},
		{"a gap during a grace extends it by itself only", "R6", func(b *bent) {
			b.rewatch(func(shard int, w *store.Watch) {
				v := &b.shards[shard]
				if gap := time.Since(v.tick); v.graceEnd.After(v.tick) && gap > max(3*time.Second, 3*w.Interval) {
					v.tick, v.graceEnd = time.Now(), v.graceEnd.Add(gap)
				}
			})
		}},
		{"what other monitors have seen is nothing", "R6", func(b *bent) {
			b.rewatch(func(_ int, w *store.Watch) { w.Seen = time.Time{} })
		}},
		{"a grace is for the usual TTL", "R6", func(b *bent) {
			b.rewatch(func(int, *store.Watch) { b.longest = b.ttls.Liveness })
		}},
		{"a grace ends with the store", "R6", func(b *bent) {
			for i := range b.shards {
				b.shards[i].graceEnd = time.Time{}
			}
		}},
	}
}

// regrace changes how long a grace after a gap is.
func (b *bent) regrace(length func(gap, ttl time.Duration) time.Duration) {
	b.sweep = func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
		var before watched
		if shard >= 0 && shard < refShards {
			b.with(func() { before = b.shards[shard] })
		}
		s, err := b.ref.Sweep(ctx, shard, w)
		gap := s.Now.Sub(before.tick)
		if err != nil || before.tick.IsZero() || before.graceEnd.After(before.tick) || w.Seen.After(before.tick) ||
			gap <= max(3*time.Second, 3*w.Interval) {
			return s, err
		}
		b.with(func() {
			s.GraceEnd = s.Now.Add(length(gap, s.TTL))
			b.shards[shard].graceEnd = s.GraceEnd
		})
		return s, err
	}
}
