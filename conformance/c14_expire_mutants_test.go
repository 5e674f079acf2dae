package conformance

import (
	"context"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func expirerMutants() []mutant {
	// expiring replaces Expire by a step in the data.
	expiring := func(b *bent, expire func(id string)) {
		b.expire = func(ctx context.Context, id string) error {
			if err := driver.Check(ctx, "Expire", id); err != nil {
				return err
			}
			return b.do(ctx, "Expire", id, func() error { expire(id); return nil })
		}
	}
	return []mutant{
		{"Expire does nothing", "C14", func(b *bent) { expiring(b, func(string) {}) }},
		{"Expire folds its id", "C14", func(b *bent) {
			b.expire = func(ctx context.Context, id string) error {
				if store.CheckID(id) != nil {
					return b.ref.Expire(ctx, id)
				}
				return b.ref.Expire(ctx, strings.ToLower(id))
			}
		}},
		{"Expire is Clear", "C14", func(b *bent) { b.expire = b.ref.Clear }},
		{"the next sweep expires", "C14", func(b *bent) {
			expiring(b, func(id string) {
				if b.left(id) > 0 {
					b.lives[id] = time.Now()
				}
			})
		}},
		{"a death by Expire looks like any other", "C14", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { d.Expired = false })
		}},
		{"one that is dead expires again", "C14", func(b *bent) {
			expiring(b, func(id string) { b.die(id, time.Now()).Expired = true })
		}},
		{"one that is dead and undetected expires", "C14", func(b *bent) {
			expiring(b, func(id string) {
				if !b.lives[id].IsZero() {
					b.die(id, time.Now()).Expired = true
				}
			})
		}},
		{"Expire marks a death that was detected", "C14", func(b *bent) {
			expiring(b, func(id string) {
				if x := b.deaths[id]; x != nil {
					x.Expired = true
				} else if b.left(id) > 0 {
					b.die(id, time.Now()).Expired = true
				}
			})
		}},
		{"Expire ends a lease", "C14", func(b *bent) {
			b.expire = func(ctx context.Context, id string) error {
				err := b.ref.Expire(ctx, id)
				if err == nil {
					b.with(func() { delete(b.leases, id) })
				}
				return err
			}
		}},
		{"Expire forgets the URLs", "C14", func(b *bent) {
			b.expire = func(ctx context.Context, id string) error {
				err := b.ref.Expire(ctx, id)
				if err == nil {
					b.with(func() { b.forgetURLs(id) })
				}
				return err
			}
		}},
		{"Expire looks first and expires then", "C14", func(b *bent) {
			b.expire = func(ctx context.Context, id string) error {
				online, err := b.ref.IsOnline(ctx, id)
				if err != nil || !online {
					return b.ref.Expire(ctx, id)
				}
				time.Sleep(time.Nanosecond)
				b.with(func() { b.deaths[id] = b.die(id, time.Now()); b.deaths[id].Expired = true })
				return nil
			}
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				time.Sleep(2 * time.Nanosecond)
				return err
			}
		}},
		{"a heartbeat looks first and undoes an Expire", "C14", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil {
					time.Sleep(time.Nanosecond)
					b.bring(id, b.ttls.Liveness)
				}
				return err
			}
		}},
		{"a death by Expire outlives a comeback", "C14", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				var x *refDeath
				b.with(func() { x = b.deaths[id] })
				err := b.ref.SetOnline(ctx, id)
				if err == nil && x != nil && x.Expired {
					b.with(func() { b.deaths[id] = x })
				}
				return err
			}
		}},
		{"deaths by Expire are last", "C14", func(b *bent) {
			b.reorder(func(x *refDeath) int64 {
				if x.Expired {
					return 1
				}
				return 0
			})
		}},
	}
}
