package conformance

import (
	"context"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// extendUntilLost extends the first few leases only if a lease is lost, which are told where
// the first of these is.
func (b *bent) extendUntilLost(
	ctx context.Context, leased []driver.Death, lease time.Duration, first func(lost int) int,
) ([]driver.Standing, error) {
	ends := map[string]time.Time{}
	b.with(func() {
		for id, l := range b.leases {
			ends[id] = l.until
		}
	})
	all, err := b.ref.Extend(ctx, leased, lease)
	if lost := slices.Index(all, driver.Lost); lost >= 0 {
		b.with(func() {
			for _, d := range leased[first(lost):] {
				if l := b.leases[d.ID]; l != nil {
					l.until = ends[d.ID]
				}
			}
		})
	}
	return all, err
}

// trustingTokens gives a death the token of its holder if its caller holds any death.
func (b *bent) trustingTokens(d driver.Death) driver.Death {
	held := false
	b.with(func() {
		for _, l := range b.leases {
			held = held || l.token == d.Token
		}
	})
	if held {
		return b.trusting(d)
	}
	return d
}

func holderMutants() []mutant {
	// extending changes the leases that an Extend has changed.
	extending := func(b *bent, change func(l *lease, before time.Time, length time.Duration)) {
		b.extend = func(ctx context.Context, leased []driver.Death, length time.Duration) ([]driver.Standing, error) {
			before := map[string]time.Time{}
			b.with(func() {
				for id, l := range b.leases {
					before[id] = l.until
				}
			})
			all, err := b.ref.Extend(ctx, leased, length)
			b.with(func() {
				for i, s := range all {
					if id := leased[i].ID; s != driver.Lost {
						change(b.leases[id], before[id], length)
					}
				}
			})
			return all, err
		}
	}
	return []mutant{
		{"a former holder acknowledges", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				return b.ref.Acknowledge(ctx, b.trusting(d))
			}
		}},
		{"a former holder releases", "R3", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				return b.ref.Release(ctx, b.trusting(d), after)
			}
		}},
		{"a former holder begins", "R3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				return b.ref.Begin(ctx, b.trusting(d))
			}
		}},
		{"an attempt after the end of the lease does not count", "R3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				var lasts bool
				b.with(func() { lasts = b.leases[d.ID].lasts(time.Now()) })
				s, err := b.ref.Begin(ctx, d)
				b.with(func() {
					if s == driver.Held && !lasts {
						b.deaths[d.ID].Attempt--
					}
				})
				return s, err
			}
		}},
		{"a former holder withdraws", "R3", func(b *bent) {
			b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
				return b.ref.Withdraw(ctx, b.trusting(d))
			}
		}},
		{"a former holder extends", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				trusted := make([]driver.Death, len(leased))
				for i, d := range leased {
					trusted[i] = b.trusting(d)
				}
				return b.ref.Extend(ctx, trusted, lease)
			}
		}},
		{"any caller acknowledges a death without a holder", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				b.with(func() {
					if x := b.deaths[d.ID]; x != nil && b.leases[d.ID] == nil && ctx.Err() == nil && !b.closed {
						b.leases[d.ID] = &lease{d.Token, time.Now(), x}
					}
				})
				return b.ref.Acknowledge(ctx, d)
			}
		}},
		{"a caller that releases goes on as holder", "R3", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				was, err := b.ref.Release(ctx, d, after)
				b.with(func() {
					if x := b.deaths[d.ID]; was && x != nil {
						b.leases[d.ID] = &lease{d.Token, x.ready, x}
					}
				})
				return was, err
			}
		}},
		{"the end of a lease is the end of the holder", "R3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				b.with(func() {
					if !b.leases[d.ID].lasts(time.Now()) {
						d.Token = 0
					}
				})
				return b.ref.Begin(ctx, d)
			}
		}},
		{"Begin begins the lease anew", "R3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				if s, err := b.ref.Extend(ctx, []driver.Death{d}, time.Hour); err != nil || s[0] != driver.Held {
					return b.ref.Begin(ctx, d)
				}
				time.Sleep(time.Nanosecond)
				b.with(func() {
					if x := b.deaths[d.ID]; x != nil {
						x.Attempt++
					}
				})
				return driver.Held, nil
			}
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				was, err := b.ref.Release(ctx, d, after)
				b.with(func() {
					if x := b.deaths[d.ID]; was && x != nil && x.Attempt == 0 {
						x.Attempt = 1
					}
				})
				return was, err
			}
		}},
		{"Extend does nothing where little is gained", "R3", func(b *bent) {
			extending(b, func(l *lease, before time.Time, length time.Duration) {
				if gain := l.until.Sub(before); gain >= 0 && gain < length/20 {
					l.until = before
				}
			})
		}},
		{"Extend adds to the lease", "R3", func(b *bent) {
			extending(b, func(l *lease, before time.Time, length time.Duration) { l.until = before.Add(length) })
		}},
		{"Extend does nothing", "R3", func(b *bent) {
			extending(b, func(l *lease, before time.Time, _ time.Duration) { l.until = before })
		}},
		{"Extend only lengthens", "R3", func(b *bent) {
			extending(b, func(l *lease, before time.Time, _ time.Duration) {
				if before.After(l.until) {
					l.until = before
				}
			})
		}},
		{"Extend answers for those that are held first", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				all, err := b.ref.Extend(ctx, leased, lease)
				slices.SortStableFunc(all, func(x, y driver.Standing) int {
					switch {
					case (x == driver.Held) == (y == driver.Held):
						return 0
					case x == driver.Held:
						return -1
					}
					return 1
				})
				return all, err
			}
		}},
		{"Extend extends nothing if one is lost", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				return b.extendUntilLost(ctx, leased, lease, func(int) int { return 0 })
			}
		}},
		{"Extend extends those before the first that is lost", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				return b.extendUntilLost(ctx, leased, lease, func(lost int) int { return lost })
			}
		}},
		{"a holder of one death begins another", "R3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				return b.ref.Begin(ctx, b.trustingTokens(d))
			}
		}},
		{"a holder of one death acknowledges another", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				return b.ref.Acknowledge(ctx, b.trustingTokens(d))
			}
		}},
		{"a holder of one death extends another", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				trusted := make([]driver.Death, len(leased))
				for i, d := range leased {
					trusted[i] = b.trustingTokens(d)
				}
				return b.ref.Extend(ctx, trusted, lease)
			}
		}},
		{"Acknowledge is Release", "R3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				return b.ref.Release(ctx, d, time.Hour)
			}
		}},
	}
}
