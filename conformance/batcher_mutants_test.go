package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// grantMany has RefreshMany grant the TTL of another id of the list, the one with this index.
// It is called with the index of the id, and with how many before it are online.
func (b *bent) grantMany(of func(i, online int) int) {
	b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
		answers, err := b.ref.RefreshMany(ctx, ids)
		online := 0
		for i, found := range answers {
			if found {
				ttl, _ := b.ttls.ForLiveness(ids[of(i, online)])
				b.bring(ids[i], ttl)
				online++
			}
		}
		return answers, err
	}
}

func batcherMutants() []mutant {
	return []mutant{
		{"each id is answered once", "Batcher", func(b *bent) {
			b.onlineMany = func(ctx context.Context, ids []string) ([]bool, error) {
				var once []string
				for _, id := range ids {
					if !slices.Contains(once, id) {
						once = append(once, id)
					}
				}
				return b.ref.IsOnlineMany(ctx, once)
			}
		}},
		{"answers are in the order of the alphabet", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				return b.ref.RefreshMany(ctx, slices.Sorted(slices.Values(ids)))
			}
		}},
		{"an empty list is refused", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				if len(ids) == 0 {
					return &store.Error{Op: "ClearMany", Err: store.ErrInvalid}
				}
				return b.ref.ClearMany(ctx, ids)
			}
		}},
		{"an illegal id is noticed when its turn comes", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				for _, id := range ids {
					if err := b.ref.ClearMany(ctx, []string{id}); err != nil {
						return err
					}
				}
				return b.ref.ClearMany(ctx, nil)
			}
		}},
		{"an illegal id is not online", "Batcher", func(b *bent) {
			b.onlineMany = func(ctx context.Context, ids []string) ([]bool, error) {
				legal := slices.Clone(ids)
				for i, id := range ids {
					if store.CheckID(id) != nil {
						legal[i] = "illegal"
					}
				}
				return b.ref.IsOnlineMany(ctx, legal)
			}
		}},
		{"RefreshMany brings back the dead", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				answers, err := b.ref.RefreshMany(ctx, ids)
				if err == nil {
					for _, id := range ids {
						b.bring(id, b.ttls.Liveness)
					}
				}
				return answers, err
			}
		}},
		{"RefreshMany refreshes the dead that no sweep has detected", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				if driver.CheckMany(ctx, "RefreshMany", ids) == nil {
					b.with(func() {
						for _, id := range ids {
							if ttl := b.ttls.Liveness; !b.closed && !b.lives[id].IsZero() && b.left(id) == 0 {
								b.grant(id, ttl)
							}
						}
					})
				}
				return b.ref.RefreshMany(ctx, ids)
			}
		}},
		{"RefreshMany ends the deaths of its ids", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				answers, err := b.ref.RefreshMany(ctx, ids)
				if err == nil {
					b.with(func() {
						for _, id := range ids {
							delete(b.deaths, id)
						}
					})
				}
				return answers, err
			}
		}},
		{"the ids of RefreshMany are joined by commas", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				if len(ids) < 2 {
					return b.ref.RefreshMany(ctx, ids)
				}
				return b.ref.RefreshMany(ctx, strings.Split(strings.Join(ids, ","), ","))
			}
		}},
		{"the ids of IsOnlineMany are folded", "Batcher", func(b *bent) {
			b.onlineMany = func(ctx context.Context, ids []string) ([]bool, error) {
				return b.ref.IsOnlineMany(ctx, each(ids, strings.ToLower))
			}
		}},
		{"RefreshMany of several ids looks first and writes then", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				found, err := b.ref.RefreshMany(ctx, ids)
				if i := slices.Index(found, true); i >= 0 && len(ids) > 1 {
					b.writtenTwice(ids[i])
				}
				return found, err
			}
		}},
		{"ClearMany of several ids clears the URLs later", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				if len(ids) > 1 && driver.CheckMany(ctx, "ClearMany", ids) == nil {
					b.with(func() {
						for _, id := range ids {
							if !b.closed {
								delete(b.lives, id)
							}
						}
					})
					time.Sleep(time.Nanosecond)
				}
				return b.ref.ClearMany(ctx, ids)
			}
		}},
		{"RefreshMany grants all ids the TTL of the first", "Batcher", func(b *bent) {
			b.grantMany(func(int, int) int { return 0 })
		}},
		{"RefreshMany takes the TTLs by the number of those online", "Batcher", func(b *bent) {
			b.grantMany(func(_, n int) int { return n })
		}},
		{"RefreshMany takes the TTLs by the place in a page", "Batcher", func(b *bent) {
			b.grantMany(func(i, _ int) int { return i % 1000 })
		}},
		{"ClearMany leaves the deaths by Expire", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				return b.leavingExpired(ids, func() error { return b.ref.ClearMany(ctx, ids) })
			}
		}},
		{"ClearMany ends the leases", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				err := b.ref.ClearMany(ctx, ids)
				if err == nil {
					b.with(func() {
						for _, id := range ids {
							delete(b.leases, id)
						}
					})
				}
				return err
			}
		}},
		{"ClearMany leaves the URLs", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error {
				return b.many(ctx, "ClearMany", ids, func() {
					for _, id := range ids {
						delete(b.lives, id)
					}
				})
			}
		}},
		{"an error comes with answers", "Batcher", func(b *bent) {
			b.onlineMany = func(ctx context.Context, ids []string) ([]bool, error) {
				answers, err := b.ref.IsOnlineMany(ctx, ids)
				if err != nil {
					return make([]bool, len(ids)), err
				}
				return answers, nil
			}
		}},
		{"only the first hundred are answered", "Batcher", func(b *bent) {
			b.onlineMany = func(ctx context.Context, ids []string) ([]bool, error) {
				answers, err := b.ref.IsOnlineMany(ctx, ids[:min(len(ids), 100)])
				if err != nil || len(ids) <= 100 {
					return answers, err
				}
				return append(answers, make([]bool, len(ids)-100)...), nil
			}
		}},
	}
}

func pingerMutants() []mutant {
	return []mutant{
		{"all is always well", "Pinger", func(b *bent) {
			b.ping = func(context.Context) error { return nil }
		}},
		{"all is well while the backend is away", "Pinger", func(b *bent) {
			b.ping = func(ctx context.Context) error {
				if err := b.ref.Ping(ctx); !errors.Is(err, store.ErrUnavailable) {
					return err
				}
				return nil
			}
		}},
		{"nothing is ever well", "Pinger", func(b *bent) {
			b.ping = func(ctx context.Context) error {
				if err := b.ref.Ping(ctx); err != nil {
					return err
				}
				return &store.Error{Op: "Ping", Err: store.ErrUnavailable}
			}
		}},
	}
}
