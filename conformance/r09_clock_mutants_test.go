package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func clockMutants() []mutant {
	return []mutant{
		{"the clock is the caller's", "R9", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				if behind := time.Since(o.LastSweep); !o.LastSweep.IsZero() && behind > store.DefaultLivenessTTL*2 && ctx.Err() == nil {
					b.with(func() { b.shift(behind) })
					defer b.with(func() { b.shift(-behind) })
				}
				return b.ref.Sweep(ctx, shard, o)
			}
		}},
		{"a caller that is behind begins a grace", "R9", func(b *bent) {
			b.rewatch(func(shard int, o *driver.SweepOptions) {
				if v := &b.shards[shard]; !o.LastSweep.IsZero() && v.tick.Sub(o.LastSweep) > 30*time.Second {
					v.tick = time.Time{}
				}
			})
		}},
		{"a caller that knows no time begins a grace", "R9", func(b *bent) {
			b.rewatch(func(shard int, o *driver.SweepOptions) {
				if o.LastSweep.IsZero() {
					b.shards[shard].tick = time.Time{}
				}
			})
		}},
		{"the clock is the last tick of the caller", "R9", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				s, err := b.ref.Sweep(ctx, shard, o)
				if err == nil && !o.LastSweep.IsZero() {
					s.Now = o.LastSweep
				}
				return s, err
			}
		}},
	}
}
