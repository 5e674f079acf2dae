package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func graceMutants() []mutant {
	return []mutant{
		{"there is no grace", "R6", func(b *bent) {
			b.regrace(func(g gracing) time.Time { return time.Time{} })
		}},
		{"a grace does not end", "R6", func(b *bent) {
			b.rewatch(func(shard int, _ *driver.SweepOptions) { b.shards[shard].tick = time.Time{} })
		}},
		{"a grace is for sweeps only", "R6", func(b *bent) {
			b.claim = b.claimInAGrace(func(driver.ClaimOptions) bool { return true })
		}},
		{"deaths by Expire are leased in a grace", "R6", func(b *bent) {
			b.claim = b.claimInAGrace(func(o driver.ClaimOptions) bool { return o.Expired })
		}},
		{"a grace is for holders too", "R6", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				grace := false
				b.with(func() { grace = time.Now().Before(b.shards[shardOf(d.ID)].graceEnd) })
				if grace {
					return driver.Lost, nil
				}
				return b.ref.Begin(ctx, d)
			}
		}},
		{"the dead are not detected in a grace", "R6", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				s, err := b.ref.Sweep(ctx, shard, o)
				if s.Now.Before(s.GraceEnd) {
					b.with(func() {
						for _, id := range s.Detected {
							b.lives[id] = b.deaths[id].Deadline
							delete(b.deaths, id)
						}
					})
					s.Detected = nil
				}
				return s, err
			}
		}},
		{"every grace is one TTL", "R6", func(b *bent) {
			b.regrace(func(g gracing) time.Time { return g.now.Add(g.ttl) })
		}},
		{"a grace is as long as the gap, however long", "R6", func(b *bent) {
			b.regrace(func(g gracing) time.Time { return g.now.Add(g.gap + g.heartbeat) })
		}},
		{"a grace is as long as the gap and no heartbeat", "R6", func(b *bent) {
			b.regrace(func(g gracing) time.Time { return g.now.Add(min(g.gap, g.ttl)) })
		}},
		{"heartbeats are every sixth of a TTL", "R6", func(b *bent) {
			b.regrace(func(g gracing) time.Time { return g.now.Add(min(g.gap+g.ttl/6, g.ttl)) })
		}},
		{"three seconds are a gap whatever the interval", "R6", func(b *bent) {
			b.rewatch(func(_ int, o *driver.SweepOptions) { o.Interval = min(o.Interval, time.Second) })
		}},
		{"three intervals are a gap however short", "R6", func(b *bent) {
			b.patient(func(t driver.Traits, interval time.Duration) time.Duration {
				return min(t.Patience(interval), 3*interval)
			})
		}},
		{"patience has no bound", "R6", func(b *bent) {
			b.patient(func(_ driver.Traits, interval time.Duration) time.Duration {
				return max(3*time.Second, 3*interval)
			})
		}},
		{"patience is a whole TTL", "R6", func(b *bent) {
			b.patient(func(t driver.Traits, interval time.Duration) time.Duration {
				return min(max(3*time.Second, 3*interval), t.Liveness(), t.Liveness()-2*t.Heartbeat())
			})
		}},
		{"patience is half a TTL whatever the heartbeat", "R6", func(b *bent) {
			b.patient(func(t driver.Traits, interval time.Duration) time.Duration {
				return min(max(3*time.Second, 3*interval), t.Liveness()/2)
			})
		}},
		{"a gap during a grace is nothing", "R6", func(b *bent) {
			b.rewatch(func(shard int, o *driver.SweepOptions) {
				if v := &b.shards[shard]; v.graceEnd.After(v.tick) {
					v.tick = time.Now()
				}
			})
		}},
		{"a gap during a grace begins a new one", "R6", func(b *bent) {
			b.inAGap(func(v *watched, gap time.Duration) { v.graceEnd = time.Time{} })
		}},
		{"a gap during a grace extends it by itself only", "R6", func(b *bent) {
			b.inAGap(func(v *watched, gap time.Duration) { v.tick, v.graceEnd = time.Now(), v.graceEnd.Add(gap) })
		}},
		{"graces add up", "R6", func(b *bent) {
			b.inAGap(func(v *watched, gap time.Duration) {
				v.tick, v.graceEnd = time.Now(), v.graceEnd.Add(gap+b.ttls.Liveness/4)
			})
		}},
		{"a tick that another monitor has seen is nothing", "R6", func(b *bent) {
			b.rewatch(func(_ int, o *driver.SweepOptions) { o.LastSweep = time.Time{} })
		}},
		{"a grace is for the longest TTL", "R6", func(b *bent) {
			b.regrace(func(g gracing) time.Time {
				longest := g.ttl
				for _, end := range b.lives {
					longest = max(longest, time.Until(end))
				}
				return g.now.Add(longest)
			})
		}},
		{"a grace is for the longest TTL that was granted", "R6", func(b *bent) {
			longest := time.Duration(0)
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				longest = max(longest, ttl)
				return b.ref.SetOnlineFor(ctx, id, ttl)
			}
			b.regrace(func(g gracing) time.Time { return g.now.Add(max(min(g.gap+g.heartbeat, g.ttl), longest)) })
		}},
		{"a grace is for the shortest TTL", "R6", func(b *bent) {
			b.regrace(func(g gracing) time.Time {
				shortest := g.ttl
				for _, end := range b.lives {
					shortest = min(shortest, max(0, time.Until(end)))
				}
				return g.now.Add(shortest)
			})
		}},
		{"a grace ends with the store", "R6", func(b *bent) {
			for i := range b.shards {
				b.shards[i].graceEnd = time.Time{}
			}
		}},
		{"opening leaves a tick", "R6", func(b *bent) {
			for i := range b.shards {
				if v := &b.shards[i]; !v.tick.IsZero() {
					v.tick = time.Now()
				}
			}
		}},
		{"the graces of all shards but the first end with the store", "R6", func(b *bent) {
			for i := 1; i < refShards; i++ {
				b.shards[i].graceEnd = time.Time{}
			}
		}},
		{"a claim asks for the grace of the first shard", "R6", func(b *bent) {
			b.claim = b.claimInTheGraceOf(func(int) time.Time { return b.shards[0].graceEnd })
		}},
		{"the grace of one shard is that of all", "R6", func(b *bent) {
			b.claim = b.claimInTheGraceOf(func(shard int) time.Time {
				end := b.shards[shard].graceEnd
				for _, v := range b.shards {
					end = later(end, v.graceEnd)
				}
				return end
			})
		}},
	}
}

// gracing is a gap after which a grace begins.
type gracing struct {
	now                 time.Time
	gap, ttl, heartbeat time.Duration
}

// regrace changes the end of the grace that a gap begins, the first one
// included.
func (b *bent) regrace(end func(g gracing) time.Time) {
	b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
		var before watched
		if shard >= 0 && shard < refShards {
			b.with(func() { before = b.shards[shard] })
		}
		s, err := b.ref.Sweep(ctx, shard, o)
		gap := s.Now.Sub(before.tick)
		t := b.Traits()
		if err != nil || before.graceEnd.After(before.tick) || gap <= t.Patience(o.Interval) {
			return s, err
		}
		b.with(func() {
			s.GraceEnd = end(gracing{s.Now, min(gap, store.MaxTTL), t.Liveness(), t.Heartbeat()})
			b.shards[shard].graceEnd = s.GraceEnd
		})
		return s, err
	}
}

// patient changes which gap begins a grace.
func (b *bent) patient(patience func(t driver.Traits, interval time.Duration) time.Duration) {
	b.rewatch(func(shard int, o *driver.SweepOptions) {
		v, now := &b.shards[shard], time.Now()
		gap := now.Sub(v.tick)
		if v.tick.IsZero() || v.graceEnd.After(v.tick) || o.LastSweep.After(v.tick) {
			return
		}
		v.tick = now
		if gap > patience(b.Traits(), o.Interval) {
			v.graceEnd = now.Add(min(gap+b.Traits().Heartbeat(), b.Traits().Liveness()))
		}
	})
}

// inAGap acts in the data when a gap during a grace ends.
func (b *bent) inAGap(f func(v *watched, gap time.Duration)) {
	b.rewatch(func(shard int, o *driver.SweepOptions) {
		v := &b.shards[shard]
		if gap := time.Since(v.tick); v.graceEnd.After(v.tick) && gap > b.Traits().Patience(o.Interval) {
			f(v, gap)
		}
	})
}

// claimInAGrace claims as if there were no grace.
func (b *bent) claimInAGrace(when func(driver.ClaimOptions) bool) func(context.Context, int, driver.ClaimOptions) ([]driver.Death, error) {
	return func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
		if shard < 0 || shard >= refShards || !when(o) {
			return b.ref.Claim(ctx, shard, o)
		}
		var end time.Time
		b.with(func() { end, b.shards[shard].graceEnd = b.shards[shard].graceEnd, end })
		defer b.with(func() { b.shards[shard].graceEnd = end })
		return b.ref.Claim(ctx, shard, o)
	}
}

// claimInTheGraceOf claims as if the grace of the shard ended then.
func (b *bent) claimInTheGraceOf(end func(shard int) time.Time) func(context.Context, int, driver.ClaimOptions) ([]driver.Death, error) {
	return func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
		if shard < 0 || shard >= refShards {
			return b.ref.Claim(ctx, shard, o)
		}
		var own time.Time
		b.with(func() { own = b.shards[shard].graceEnd; b.shards[shard].graceEnd = end(shard) })
		defer b.with(func() { b.shards[shard].graceEnd = own })
		return b.ref.Claim(ctx, shard, o)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
