package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

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
