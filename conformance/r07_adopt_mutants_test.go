package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// leavingExpired brings back the deaths by Expire that a call has ended.
func (b *bent) leavingExpired(ids []string, call func() error) error {
	expired := map[string]*refDeath{}
	b.with(func() {
		for _, id := range ids {
			if x := b.deaths[id]; x != nil && x.Expired {
				expired[id] = x
			}
		}
	})
	err := call()
	if err == nil {
		b.with(func() {
			for id, x := range expired {
				b.deaths[id] = x
			}
		})
	}
	return err
}

func adoptMutants() []mutant {
	// adopting replaces Adopt, for ids that are in the shard and not recent.
	adopting := func(b *bent, adopt func(id string, due time.Time)) {
		b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
			if _, err := b.ref.Adopt(ctx, shard, nil, due); err != nil {
				return nil, err
			}
			if err := driver.CheckMany(ctx, "Adopt", ids); err != nil {
				return nil, err
			}
			b.with(func() {
				for _, id := range ids {
					if shardOf(id) == shard {
						adopt(id, due)
					}
				}
			})
			return nil, nil
		}
	}
	unknown := func(b *bent, id string) bool { return b.lives[id].IsZero() && b.deaths[id] == nil }
	forgetting := func(b *bent, forget func(id string)) {
		b.forgetMany = func(ctx context.Context, ids []string) error {
			return b.ref.many(ctx, "Forget", ids, func() {
				for _, id := range ids {
					forget(id)
				}
			})
		}
	}
	return []mutant{
		{"none is adopted", "R7", func(b *bent) { adopting(b, func(string, time.Time) {}) }},
		{"the living are adopted", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if b.deaths[id] == nil {
					b.die(id, due).Adopted = true
				}
			})
		}},
		{"the dead are adopted", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if b.left(id) == 0 {
					b.die(id, due).Adopted = true
				}
			})
		}},
		{"an adopted workspace is due at once", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if unknown(b, id) {
					b.die(id, time.Now()).Adopted = true
				}
			})
		}},
		{"an adopted workspace has a TTL, whatever is due", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if unknown(b, id) {
					b.die(id, time.Now().Add(b.ttls.Liveness)).Adopted = true
				}
			})
		}},
		{"due in the past is an error", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if unknown(b, id) && due.After(time.Now()) {
					b.die(id, due).Adopted = true
				}
			})
		}},
		{"adopted again, a workspace is due anew", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if x := b.deaths[id]; b.lives[id].IsZero() && (x == nil || x.Adopted) {
					b.die(id, due).Adopted = true
				}
			})
		}},
		{"an adopted workspace is online", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if unknown(b, id) {
					b.lives[id] = due
				}
			})
		}},
		{"an adopted workspace is not marked", "R7", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { d.Adopted = false })
		}},
		{"recent workspaces are adopted", "R7", func(b *bent) {
			adopting(b, func(id string, due time.Time) {
				if unknown(b, id) {
					b.die(id, due).Adopted = true
				}
			})
		}},
		{"recent workspaces are not returned", "R7", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				_, err := b.ref.Adopt(ctx, shard, ids, due)
				return nil, err
			}
		}},
		{"only the first thousand are adopted", "R7", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				return b.ref.Adopt(ctx, shard, ids[:min(len(ids), 1000)], due)
			}
		}},
		{"Forget forgets the living", "R7", func(b *bent) { forgetting(b, b.forget) }},
		{"Forget leaves the deaths by Expire", "R7", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error {
				return b.leavingExpired(ids, func() error { return b.ref.Forget(ctx, ids) })
			}
		}},
		{"workspaces that were expired are adopted", "R7", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				recent, err := b.ref.Adopt(ctx, shard, ids, due)
				if err == nil {
					b.with(func() {
						for _, id := range ids {
							if x := b.deaths[id]; x != nil && x.Expired {
								b.die(id, due).Adopted = true
							}
						}
					})
				}
				return recent, err
			}
		}},
		{"Forget does nothing", "R7", func(b *bent) { forgetting(b, func(string) {}) }},
		{"Forget leaves the URLs", "R7", func(b *bent) {
			forgetting(b, func(id string) {
				if b.left(id) == 0 && !b.leases[id].lasts(time.Now()) {
					delete(b.lives, id)
					delete(b.deaths, id)
				}
			})
		}},
		{"Forget leaves the dead that no sweep has detected", "R7", func(b *bent) {
			forgetting(b, func(id string) {
				end := b.lives[id]
				if b.left(id) == 0 {
					b.forget(id)
				}
				if !end.IsZero() {
					b.lives[id] = end
				}
			})
		}},
		{"Forget forgets the leased", "R7", func(b *bent) {
			forgetting(b, func(id string) {
				if x := b.deaths[id]; b.left(id) == 0 && (x == nil || x.Attempt == 0) {
					b.forget(id)
				}
			})
		}},
		{"Forget forgets the recent", "R7", func(b *bent) {
			forgetting(b, func(id string) {
				if x := b.deaths[id]; b.left(id) == 0 && !b.leases[id].lasts(time.Now()) && (x == nil || x.Attempt == 0) {
					b.forget(id)
				}
			})
		}},
		{"Forget forgets the handed out", "R7", func(b *bent) {
			forgetting(b, func(id string) {
				if b.left(id) == 0 && !b.leases[id].lasts(time.Now()) {
					b.forget(id)
				}
			})
		}},
		{"an adoption looks first and writes then", "R7", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				recent, err := b.ref.Adopt(ctx, shard, ids, due)
				b.lateDeaths(ids...)
				return recent, err
			}
		}},
		{"Forget looks first and forgets then", "R7", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error {
				var some []string
				err := b.ref.many(ctx, "Forget", ids, func() {
					for _, id := range ids {
						x, now := b.deaths[id], time.Now()
						if b.left(id) == 0 && !b.leases[id].lasts(now) && !now.Before(b.recent[id]) && (x == nil || x.Attempt == 0) {
							some = append(some, id)
						}
					}
				})
				letOthersIn()
				b.with(func() {
					for _, id := range some {
						b.forget(id)
					}
				})
				return err
			}
		}},
	}
}
