package conformance

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// redump changes the records that are yielded, or leaves one out.
func (b *bent) redump(change func(r *driver.Record) bool) {
	b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] {
		return func(yield func(driver.Record, error) bool) {
			for r, err := range b.ref.Dump(ctx) {
				if (err != nil || change(&r)) && !yield(r, err) {
					return
				}
			}
		}
	}
}

// redumpDeaths changes the deaths that are yielded.
func (b *bent) redumpDeaths(change func(id string, d *driver.DeathRecord)) {
	b.redump(func(r *driver.Record) bool {
		if r.Death != nil {
			change(r.ID, r.Death)
		}
		return true
	})
}

func dumpMutants() []mutant {
	return []mutant{
		{"a TTL remains of each life", "R10", func(b *bent) {
			b.redump(func(r *driver.Record) bool {
				if r.Remaining > 0 {
					r.Remaining = b.ttls.Liveness
				}
				return true
			})
		}},
		{"a TTL remains of each URL", "R10", func(b *bent) {
			b.redump(func(r *driver.Record) bool {
				if r.URL.URL != "" {
					r.URL.Remaining = b.ttls.ForURL()
				}
				return true
			})
		}},
		{"the offline have no URL", "R10", func(b *bent) {
			b.redump(func(r *driver.Record) bool { return r.Remaining > 0 || r.Death != nil })
		}},
		{"a dump leaves the undetected out", "R10", func(b *bent) {
			b.redump(func(r *driver.Record) bool {
				b.Lock()
				defer b.Unlock()
				return r.Death == nil || b.lives[r.ID].IsZero()
			})
		}},
		{"a dump leaves the leased out", "R10", func(b *bent) {
			b.redump(func(r *driver.Record) bool {
				b.Lock()
				defer b.Unlock()
				return r.Death == nil || !b.leases[r.ID].lasts(time.Now())
			})
		}},
		{"a lease is no delay", "R10", func(b *bent) {
			b.redumpDeaths(func(id string, d *driver.DeathRecord) {
				b.with(func() {
					if b.leases[id].lasts(time.Now()) {
						d.Delay = 0
					}
				})
			})
		}},
		{"a dump knows no attempts", "R10", func(b *bent) {
			b.redumpDeaths(func(_ string, d *driver.DeathRecord) { d.Attempt = 0 })
		}},
		{"a dump knows no cause", "R10", func(b *bent) {
			b.redumpDeaths(func(_ string, d *driver.DeathRecord) { d.Adopted, d.Expired = false, false })
		}},
		{"a dump knows no Since", "R10", func(b *bent) {
			b.redumpDeaths(func(_ string, d *driver.DeathRecord) { d.Since = d.Ago })
		}},
		{"a dump knows of no withdrawal", "R10", func(b *bent) {
			b.redump(func(r *driver.Record) bool { r.Withdrawn = 0; return true })
		}},
		{"the acknowledged are dumped", "R10", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(ctx, d)
				if was {
					b.with(func() { b.acked = append(b.acked, d.ID) })
				}
				return was, err
			}
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] {
				return func(yield func(driver.Record, error) bool) {
					for _, id := range b.acked {
						if !yield(dead(id, 0), nil) {
							return
						}
					}
					b.ref.Dump(ctx)(yield)
				}
			}
		}},
		{"a dump hands the leases back", "R10", func(b *bent) {
			b.redumpDeaths(func(id string, _ *driver.DeathRecord) { b.with(func() { delete(b.leases, id) }) })
		}},
		{"a dump detects", "R10", func(b *bent) {
			b.redumpDeaths(func(id string, d *driver.DeathRecord) {
				b.with(func() {
					if end := b.lives[id]; !end.IsZero() {
						b.die(id, end)
					}
				})
			})
		}},
		{"a dump ends after 1,000", "R10", func(b *bent) {
			b.limit = largeCrowd
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] {
				return func(yield func(driver.Record, error) bool) {
					n := 0
					for r, err := range b.ref.Dump(ctx) {
						if n++; n > 1000 || !yield(r, err) {
							return
						}
					}
				}
			}
		}},
		{"a dump cuts ids", "R10", func(b *bent) {
			b.redump(func(r *driver.Record) bool { r.ID = r.ID[:min(len(r.ID), 100)]; return true })
		}},
		{"those that come are dumped twice", "R10", func(b *bent) {
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] {
				return func(yield func(driver.Record, error) bool) {
					seen := map[string]bool{}
					for r, err := range b.ref.Dump(ctx) {
						if !yield(r, err) {
							return
						}
						seen[r.ID] = true
					}
					if ctx.Err() != nil {
						return
					}
					for r, err := range b.ref.Dump(ctx) {
						for range 2 {
							if err == nil && !seen[r.ID] && !yield(r, nil) {
								return
							}
						}
					}
				}
			}
		}},
		{"the loop over records keeps the store busy", "R10", func(b *bent) {
			busy := make(chan struct{}, 1)
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] {
				return func(yield func(driver.Record, error) bool) {
					select {
					case busy <- struct{}{}:
						defer func() { <-busy }()
					default:
						yield(driver.Record{}, &store.Error{Op: "Dump", Err: store.ErrUnavailable})
						return
					}
					b.ref.Dump(ctx)(yield)
				}
			}
		}},
		{"a loop over records that is broken off forgets the workspace", "R10", func(b *bent) {
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] {
				return func(yield func(driver.Record, error) bool) {
					for r, err := range b.ref.Dump(ctx) {
						if !yield(r, err) {
							b.with(func() { b.forget(r.ID) })
							return
						}
					}
				}
			}
		}},
		{"the loop over records ends without a word", "R10", func(b *bent) {
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] {
				return func(yield func(driver.Record, error) bool) {
					for r, err := range b.ref.Dump(ctx) {
						if err != nil || !yield(r, nil) {
							return
						}
					}
				}
			}
		}},
	}
}
