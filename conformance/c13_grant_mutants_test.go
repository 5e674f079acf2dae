package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func granterMutants() []mutant {
	return []mutant{
		{"SetOnlineFor grants the usual TTL", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				if err == nil {
					b.bring(id, b.ttls.Liveness)
				}
				return err
			}
		}},
		{"SetOnlineFor keeps the URLs", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				if err == nil {
					b.edit(id, func(c cached) cached { c.end = c.end.Add(ttl); return c })
				}
				return err
			}
		}},
		{"SetOnlineFor forgets the URLs of an offline workspace", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				alive := b.alive(id)
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				if err == nil && !alive {
					b.with(func() { b.forgetURLs(id) })
				}
				return err
			}
		}},
		{"RefreshFor grants the usual TTL", "C13", func(b *bent) {
			b.refreshFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.RefreshFor(ctx, id, ttl)
				if err == nil {
					b.bring(id, b.ttls.Liveness)
				}
				return err
			}
		}},
		{"RefreshFor brings back the dead", "C13", func(b *bent) {
			b.refreshFor = func(ctx context.Context, id string, ttl time.Duration) error {
				return b.ref.SetOnlineFor(ctx, id, ttl)
			}
		}},
		{"a grant only lengthens", "C13", func(b *bent) {
			b.refreshFor = func(ctx context.Context, id string, ttl time.Duration) error {
				var left time.Duration
				b.with(func() { left = b.left(id) })
				if ttl < store.MinTTL {
					left = 0
				}
				return b.ref.RefreshFor(ctx, id, max(ttl, left))
			}
		}},
		{"a grant lasts", "C13", func(b *bent) {
			granted := map[string]time.Duration{}
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				if err == nil {
					b.with(func() { granted[id] = ttl })
				}
				return err
			}
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil && granted[id] > 0 {
					b.bring(id, granted[id])
				}
				return err
			}
		}},
		{"a heartbeat does not shorten a grant", "C13", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				var before time.Time
				b.with(func() { before = b.lives[id] })
				err := b.ref.RefreshTTL(ctx, id)
				b.with(func() {
					if err == nil && before.After(b.lives[id]) {
						b.lives[id] = before
					}
				})
				return err
			}
		}},
		{"SetOnline does not shorten a grant", "C13", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				var before time.Time
				b.with(func() { before = b.lives[id] })
				err := b.ref.SetOnline(ctx, id)
				b.with(func() {
					if err == nil && before.After(b.lives[id]) {
						b.lives[id] = before
					}
				})
				return err
			}
		}},
		{"a batch does not shorten a grant", "C13", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				before := map[string]time.Time{}
				b.with(func() {
					for _, id := range ids {
						before[id] = b.lives[id]
					}
				})
				answers, err := b.ref.RefreshMany(ctx, ids)
				b.with(func() {
					for i, id := range ids {
						if err == nil && answers[i] && before[id].After(b.lives[id]) {
							b.lives[id] = before[id]
						}
					}
				})
				return answers, err
			}
		}},
		{"a life that was shortened is detected at its former deadline", "C13", func(b *bent) {
			latest := map[string]time.Time{}
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				b.with(func() { latest[id] = b.lives[id] })
				return err
			}
			b.resweep(b.detectAt(func(id string) time.Time { return latest[id] }))
		}},
		{"a grant of one is a grant of all", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				if err == nil {
					b.with(func() {
						for other := range b.lives {
							if b.left(other) > 0 {
								b.grant(other, ttl)
							}
						}
					})
				}
				return err
			}
		}},
		{"a grant is bound by heartbeats", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				if ttl < 3*b.ttls.Heartbeat {
					ttl = 0
				}
				return b.ref.SetOnlineFor(ctx, id, ttl)
			}
		}},
		{"For comes before a grant", "C13", func(b *bent) {
			b.setOnlineFor = func(ctx context.Context, id string, ttl time.Duration) error {
				err := b.ref.SetOnlineFor(ctx, id, ttl)
				if own, _ := b.ttls.ForLiveness(id); err == nil && b.ttls.For != nil {
					b.bring(id, own)
				}
				return err
			}
		}},
		{"a grant out of range is clamped", "C13", func(b *bent) {
			b.refreshFor = func(ctx context.Context, id string, ttl time.Duration) error {
				return b.ref.RefreshFor(ctx, id, min(max(ttl, store.MinTTL), store.MaxTTL))
			}
		}},
		{"grants end with the store", "C13", func(b *bent) {
			for id := range b.lives {
				if b.left(id) > b.ttls.Liveness {
					b.lives[id] = time.Now().Add(b.ttls.Liveness)
				}
			}
		}},
	}
}

// detectAt leaves a death undetected until the given time.
func (b *bent) detectAt(end func(id string) time.Time) func(shard int, s *driver.SweepResult) {
	return func(shard int, s *driver.SweepResult) {
		var detected []string
		for _, id := range s.Detected {
			if x := b.deaths[id]; x != nil && time.Now().Before(end(id)) {
				delete(b.deaths, id)
				b.lives[id] = x.Deadline
				continue
			}
			detected = append(detected, id)
		}
		s.Detected = detected
	}
}
