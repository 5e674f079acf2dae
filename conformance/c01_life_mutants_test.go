package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// bring makes the workspace online without asking whether it was.
func (b *bent) bring(id string, ttl time.Duration) {
	b.Lock()
	defer b.Unlock()
	b.grant(id, ttl)
}

// alive reports whether the workspace is online, for the mutants' own use.
func (b *bent) alive(id string) bool {
	b.Lock()
	defer b.Unlock()
	return b.left(id) > 0
}

// sparing lets a call leave a deadline that it would move by less than a twentieth of the TTL.
func (b *bent) sparing(op func(context.Context, string) error) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		var end time.Time
		b.with(func() { end = b.lives[id] })
		err := op(ctx, id)
		b.with(func() {
			if gain := b.lives[id].Sub(end); err == nil && gain >= 0 && gain < b.ttls.Liveness/20 {
				b.lives[id] = end
			}
		})
		return err
	}
}

func lifeMutants() []mutant {
	return []mutant{
		{"a life is too short", "C1", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if err == nil {
					b.bring(id, b.ttls.Liveness-time.Second)
				}
				return err
			}
		}},
		{"a life ends one moment late", "C1", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				b.Lock()
				defer b.Unlock()
				return online || err == nil && b.lives[id].Equal(time.Now()), err
			}
		}},
		{"SetOnline does not restart a life", "C1", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				if online, _ := b.ref.IsOnline(ctx, id); online {
					return nil
				}
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"SetOnline writes nothing where little is gained", "C1", func(b *bent) {
			b.setOnline = b.sparing(b.ref.SetOnline)
		}},
		{"asking extends a life", "C1", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				if online {
					b.bring(id, b.ttls.Liveness)
				}
				return online, err
			}
		}},
		{"none dies", "C1", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				_, err := b.ref.IsOnline(ctx, id)
				b.Lock()
				defer b.Unlock()
				return err == nil && !b.lives[id].IsZero(), err
			}
		}},
		{"offline is an error", "C1", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				if !online && err == nil {
					err = &store.Error{Op: "IsOnline", ID: id, Err: store.ErrNotFound}
				}
				return online, err
			}
		}},
		{"opening gives all a new life", "C1", func(b *bent) {
			for id := range b.lives {
				b.bring(id, b.ttls.Liveness)
			}
		}},
		{"opening loses all", "C1", func(b *bent) { clear(b.lives) }},

		{"a refresh brings back the dead", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					return b.ref.SetOnline(ctx, id)
				}
				return err
			}
		}},
		{"a refresh brings back the dead and says not found", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					_ = b.ref.SetOnline(ctx, id)
				}
				return err
			}
		}},
		{"a refresh of the dead is silent", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					return nil
				}
				return err
			}
		}},
		{"a refresh writes nothing where little is gained", "C2", func(b *bent) {
			b.refresh = b.sparing(b.ref.RefreshTTL)
		}},
		{"a refresh adds to the life that is left", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				b.Lock()
				left := b.left(id)
				b.Unlock()
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil {
					b.bring(id, left+b.ttls.Liveness)
				}
				return err
			}
		}},
		{"a refresh is for one third of the TTL", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil {
					b.bring(id, b.ttls.Liveness/3)
				}
				return err
			}
		}},
		{"a refresh is of all", "C2", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err != nil {
					return err
				}
				for _, other := range []string{"a", "b"} {
					if b.alive(other) {
						b.bring(other, b.ttls.Liveness)
					}
				}
				return nil
			}
		}},
	}
}
