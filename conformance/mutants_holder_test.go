package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func holderMutants() []mutant {
	return []mutant{
		{"a former holder acknowledges", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				return b.ref.Acknowledge(ctx, b.trusting(d))
			}
		}},
		{"a former holder puts back", "R3", func(b *bent) {
			b.putBack = func(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
				return b.ref.PutBack(ctx, b.trusting(d), after)
			}
		}},
		{"a former holder extends", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
				trusted := make([]store.Death, len(held))
				for i, d := range held {
					trusted[i] = b.trusting(d)
				}
				return b.ref.Extend(ctx, trusted, lease)
			}
		}},
		{"anybody acknowledges what nobody holds", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				b.with(func() {
					if x := b.deaths[d.ID]; x != nil && x.Token == 0 && ctx.Err() == nil && !b.closed {
						x.Token = 1 << 40
						d.Token = x.Token
					}
				})
				return b.ref.Acknowledge(ctx, d)
			}
		}},
		{"who puts back goes on holding", "R3", func(b *bent) {
			b.putBack = func(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
				given, err := b.ref.PutBack(ctx, d, after)
				if given {
					b.with(func() { b.deaths[d.ID].Token = d.Token })
				}
				return given, err
			}
		}},
		{"the end of a lease is the end of the holder", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				b.with(func() {
					if x := b.deaths[d.ID]; x != nil && x.isFree(time.Now()) {
						d.Token = 0
					}
				})
				return b.ref.Acknowledge(ctx, d)
			}
		}},
		{"Extend adds to the lease", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
				still, err := b.ref.Extend(ctx, held, lease)
				b.with(func() {
					for i, d := range held {
						if err == nil && still[i] {
							x := b.deaths[d.ID]
							x.free = x.free.Add(lease)
						}
					}
				})
				return still, err
			}
		}},
		{"Extend does nothing", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
				var free []time.Time
				b.with(func() {
					for _, d := range held {
						if x := b.deaths[d.ID]; x != nil {
							free = append(free, x.free)
						} else {
							free = append(free, time.Time{})
						}
					}
				})
				still, err := b.ref.Extend(ctx, held, lease)
				b.with(func() {
					for i, d := range held {
						if x := b.deaths[d.ID]; x != nil {
							x.free = free[i]
						}
					}
				})
				return still, err
			}
		}},
		{"Extend answers for those that are held only", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
				still, err := b.ref.Extend(ctx, held, lease)
				if len(still) > 1 && still[0] {
					still[len(still)-1], still[1] = still[1], still[len(still)-1]
				}
				return still, err
			}
		}},
		{"Acknowledge does nothing", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				return b.ref.PutBack(ctx, d, time.Hour)
			}
		}},
		{"Acknowledge leaves the URLs", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				public, internal := slot{"public", d.ID}, slot{"internal", d.ID}
				var urls [2]cached
				b.with(func() { urls = [...]cached{b.urls[public], b.urls[internal]} })
				ended, err := b.ref.Acknowledge(ctx, d)
				b.with(func() { b.urls[public], b.urls[internal] = urls[0], urls[1] })
				return ended, err
			}
		}},
		{"Acknowledge forgets everybody's URLs", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				ended, err := b.ref.Acknowledge(ctx, d)
				if ended {
					b.with(func() { clear(b.urls) })
				}
				return ended, err
			}
		}},
		{"a former holder forgets the URLs", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d store.Death) (bool, error) {
				ended, err := b.ref.Acknowledge(ctx, d)
				if err == nil && !ended && !b.alive(d.ID) {
					b.with(func() {
						delete(b.urls, slot{"public", d.ID})
						delete(b.urls, slot{"internal", d.ID})
					})
				}
				return ended, err
			}
		}},
	}
}
