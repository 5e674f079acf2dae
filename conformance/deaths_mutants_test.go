package conformance

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func deathsMutants() []mutant {
	// relist changes the deaths that are yielded, or leaves one out.
	relist := func(b *bent, change func(p *driver.Pending, err error) bool) {
		b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
			return func(yield func(driver.Pending, error) bool) {
				for p, err := range b.ref.Deaths(ctx, shard) {
					if change(&p, err) && !yield(p, err) {
						return
					}
				}
			}
		}
	}
	return []mutant{
		{"leased deaths are not yielded", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool { return p.Phase != driver.Leased })
		}},
		{"every phase is ready", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, err error) bool {
				if err == nil {
					p.Phase, p.Until = driver.Ready, time.Time{}
				}
				return true
			})
		}},
		{"a lease has no end", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool { p.Until = time.Time{}; return true })
		}},
		{"a delay is a lease", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool {
				if p.Phase == driver.Delayed {
					p.Phase = driver.Leased
				}
				return true
			})
		}},
		{"tokens are given away", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, err error) bool {
				b.with(func() {
					if l := b.leases[p.ID]; l != nil && err == nil {
						p.Token = l.token
					}
				})
				return true
			})
		}},
		{"deaths by Expire look like others", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool { p.Expired = false; return true })
		}},
		{"leased deaths by Expire look like others", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool {
				p.Expired = p.Expired && p.Phase != driver.Leased
				return true
			})
		}},
		{"the adopted look like others", "Deaths", func(b *bent) {
			relist(b, func(p *driver.Pending, _ error) bool { p.Adopted = false; return true })
		}},
		{"the loop over deaths ends at Close without a word", "Deaths", func(b *bent) {
			relist(b, func(_ *driver.Pending, err error) bool { return err == nil })
		}},
		{"a loop over deaths that is broken off keeps the deaths", "Deaths", func(b *bent) {
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return func(yield func(driver.Pending, error) bool) {
					var kept *refDeath
					for p, err := range b.ref.Deaths(ctx, shard) {
						b.with(func() {
							kept = b.deaths[p.ID]
							delete(b.deaths, p.ID)
						})
						if !yield(p, err) {
							return
						}
						b.with(func() {
							if kept != nil {
								b.deaths[p.ID] = kept
							}
						})
					}
				}
			}
		}},
		{"the loop over deaths keeps the store busy", "Deaths", func(b *bent) {
			busy := make(chan struct{}, 1)
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return func(yield func(driver.Pending, error) bool) {
					select {
					case busy <- struct{}{}:
						defer func() { <-busy }()
					default:
						yield(driver.Pending{}, &store.Error{Op: "Deaths", Err: store.ErrUnavailable})
						return
					}
					for p, err := range b.ref.Deaths(ctx, shard) {
						if !yield(p, err) {
							return
						}
					}
				}
			}
		}},
	}
}
