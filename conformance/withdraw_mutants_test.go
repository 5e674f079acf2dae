package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

func withdrawMutants() []mutant {
	// afterwards does more once a death is withdrawn.
	afterwards := func(b *bent, more func(d driver.Death, dead bool)) {
		b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
			dead := false
			b.with(func() { dead = b.deaths[d.ID] != nil })
			was, err := b.ref.Withdraw(ctx, d)
			if was {
				b.with(func() { more(d, dead) })
			}
			return was, err
		}
	}
	return []mutant{
		{"Withdraw is Acknowledge", "Withdraw", func(b *bent) { b.withdraw = b.ref.Acknowledge }},
		{"Withdraw keeps the lease", "Withdraw", func(b *bent) {
			b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
				var l *lease
				b.with(func() { l = b.leases[d.ID] })
				was, err := b.ref.Withdraw(ctx, d)
				if was {
					b.with(func() { b.leases[d.ID] = l })
				}
				return was, err
			}
		}},
		{"Withdraw of one that came back begins a new life", "Withdraw", func(b *bent) {
			afterwards(b, func(d driver.Death, dead bool) {
				if !dead {
					b.grant(d.ID, b.ttls.Liveness)
				}
			})
		}},
		{"Withdraw does not ask For", "Withdraw", func(b *bent) {
			afterwards(b, func(d driver.Death, dead bool) {
				if since := b.since[d.ID]; dead && b.left(d.ID) > 0 {
					b.grant(d.ID, b.ttls.Liveness)
					b.since[d.ID] = since
				}
			})
		}},
		{"a death without a withdrawal has no Since", "Withdraw", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) {
				if d.Since.Equal(d.Deadline) {
					d.Since = time.Time{}
				}
			})
		}},
		{"Since is always the deadline", "Withdraw", func(b *bent) {
			afterwards(b, func(d driver.Death, _ bool) { delete(b.since, d.ID) })
		}},
		{"Since is that of the last withdrawn death", "Withdraw", func(b *bent) {
			afterwards(b, func(d driver.Death, dead bool) {
				if dead {
					b.since[d.ID] = d.Deadline
				}
			})
		}},
		{"Since outlives a heartbeat", "Withdraw", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				var since time.Time
				b.with(func() { since = b.since[id] })
				err := b.ref.RefreshTTL(ctx, id)
				if !since.IsZero() {
					b.with(func() { b.since[id] = since })
				}
				return err
			}
		}},
		{"Since outlives a Clear", "Withdraw", func(b *bent) {
			old := map[string]time.Time{}
			b.clear = func(ctx context.Context, id string) error {
				b.with(func() { old[id] = b.since[id] })
				return b.ref.Clear(ctx, id)
			}
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				b.with(func() {
					if !old[id].IsZero() {
						b.since[id] = old[id]
					}
				})
				return err
			}
		}},
		{"Withdraw forgets the URLs", "Withdraw", func(b *bent) {
			afterwards(b, func(d driver.Death, _ bool) { b.forgetURLs(d.ID) })
		}},
	}
}
