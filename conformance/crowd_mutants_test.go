package conformance

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// scaleMutants have a page, and forget that there is another one.
func scaleMutants() []mutant {
	const page = 100
	first := func(ids []string, n int) []string { return ids[:min(len(ids), n)] }
	// firstMegabyte returns the first ids, of a megabyte together.
	firstMegabyte := func(ids []string) []string {
		size := 0
		for n, id := range ids {
			if size += len(id) + len(`"",`); size > 1<<20 {
				return ids[:n]
			}
		}
		return ids
	}
	// roomy has room for every crowd.
	roomy := func(bend func(*bent)) func(*bent) {
		return func(b *bent) { b.limit = listedCrowd; bend(b) }
	}
	var all []mutant
	for _, batch := range []struct {
		name string
		most int
	}{{"8,000", 8_000}, {"32,766", 32_766}} {
		all = append(all,
			mutant{"IsOnlineMany asks for the first " + batch.name, "Batcher", roomy(func(b *bent) {
				b.onlineMany = func(ctx context.Context, ids []string) ([]bool, error) {
					answers, err := b.ref.IsOnlineMany(ctx, first(ids, batch.most))
					if err != nil {
						return nil, err
					}
					return append(answers, make([]bool, len(ids)-len(answers))...), nil
				}
			})},
			mutant{"RefreshMany refreshes the first " + batch.name, "Batcher", roomy(func(b *bent) {
				b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
					answers, err := b.ref.RefreshMany(ctx, first(ids, batch.most))
					if err != nil {
						return nil, err
					}
					others, err := b.ref.IsOnlineMany(ctx, ids[len(answers):])
					return append(answers, others...), err
				}
			})},
			mutant{"ClearMany clears the first " + batch.name, "Batcher", roomy(func(b *bent) {
				b.clearMany = func(ctx context.Context, ids []string) error {
					return b.ref.ClearMany(ctx, first(ids, batch.most))
				}
			})})
	}
	return append(all,
		mutant{"the list ends after 5,000", "Lister", roomy(func(b *bent) {
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					n := 0
					for i := range items {
						if n++; n > 5_000 || !yield(i) {
							return
						}
					}
				}
			})
		})},
		mutant{"IsOnlineMany asks for a megabyte of ids", "Batcher", func(b *bent) {
			b.onlineMany = func(ctx context.Context, ids []string) ([]bool, error) {
				answers, err := b.ref.IsOnlineMany(ctx, firstMegabyte(ids))
				if err != nil {
					return nil, err
				}
				return append(answers, make([]bool, len(ids)-len(answers))...), nil
			}
		}},
		mutant{"RefreshMany of more than a megabyte is refused", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				if driver.CheckMany(ctx, "RefreshMany", ids) == nil && len(firstMegabyte(ids)) < len(ids) {
					return nil, &store.Error{Op: "RefreshMany", Err: store.ErrUnavailable}
				}
				return b.ref.RefreshMany(ctx, ids)
			}
		}},
		mutant{"ClearMany clears a megabyte of ids", "Batcher", func(b *bent) {
			b.clearMany = func(ctx context.Context, ids []string) error { return b.ref.ClearMany(ctx, firstMegabyte(ids)) }
		}},
		mutant{"a megabyte of ids is adopted", "R7", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				return b.ref.Adopt(ctx, shard, firstMegabyte(ids), due)
			}
		}},
		mutant{"a megabyte of ids is forgotten", "R7", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error { return b.ref.Forget(ctx, firstMegabyte(ids)) }
		}},
		mutant{"a page adopts", "R7", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				return b.ref.Adopt(ctx, shard, first(ids, page), due)
			}
		}},
		mutant{"a page is forgotten", "R7", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error { return b.ref.Forget(ctx, first(ids, page)) }
		}},
		mutant{"a page of deaths is yielded", "Deaths", func(b *bent) {
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return func(yield func(driver.Pending, error) bool) {
					n := 0
					for p, err := range b.ref.Deaths(ctx, shard) {
						if n++; n > page || !yield(p, err) {
							return
						}
					}
				}
			}
		}},
		mutant{"a page of leases is extended", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				all, err := b.ref.Extend(ctx, leased[:min(len(leased), page)], lease)
				for range len(leased) - len(all) {
					all = append(all, driver.Held)
				}
				if err != nil {
					return nil, err
				}
				return all, nil
			}
		}},
		mutant{"a page of leases has a holder", "R3", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				all, err := b.ref.Extend(ctx, leased, lease)
				for i := page; i < len(all); i++ {
					all[i] = driver.Lost
				}
				return all, err
			}
		}},
	)
}
