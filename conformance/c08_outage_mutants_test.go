package conformance

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func outageMutants() []mutant {
	away := func(err error) bool { return errors.Is(err, store.ErrUnavailable) }
	return []mutant{
		{"away is offline", "C8", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				if away(err) {
					return false, nil
				}
				return online, err
			}
		}},
		{"away is not found", "C8", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if away(err) {
					return &store.Error{Op: "RefreshTTL", ID: id, Err: store.ErrNotFound}
				}
				return err
			}
		}},
		{"away is not cached", "C8", func(b *bent) {
			b.cached = func(ctx context.Context, id string) (string, error) {
				url, err := b.ref.GetCachedURL(ctx, id)
				if away(err) {
					err = &store.Error{Op: "GetCachedURL", ID: id, Err: store.ErrNotFound}
				}
				return url, err
			}
		}},
		{"away is cleared", "C8", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				if err := b.ref.Clear(ctx, id); !away(err) {
					return err
				}
				return nil
			}
		}},
		{"away is waited for", "C8", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				for {
					if err := b.ref.SetOnline(ctx, id); !away(err) {
						return err
					}
				}
			}
		}},
		{"away is without end", "C8", func(b *bent) {
			var gone atomic.Bool
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				if err != nil && !errors.Is(err, store.ErrInvalid) || gone.Load() {
					gone.Store(true)
					return false, &store.Error{Op: "IsOnline", ID: id, Err: store.ErrUnavailable}
				}
				return online, err
			}
		}},
		{"away forgets all", "C8", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				b.refServer.Lock()
				gone := b.refServer.away != nil
				b.refServer.Unlock()
				if gone {
					b.Lock()
					clear(b.lives)
					b.Unlock()
				}
				return b.ref.IsOnline(ctx, id)
			}
		}},
		{"the first answer after an outage is offline", "C8", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				return !b.wasAway(err) && online, err
			}
		}},
		{"the first refresh after an outage finds nothing", "C8", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if b.wasAway(err) && err == nil {
					return &store.Error{Op: "RefreshTTL", ID: id, Err: store.ErrNotFound}
				}
				return err
			}
		}},
		{"a search finds nothing while the backend is away", "C8", func(b *bent) {
			b.discover = func(ctx context.Context, within time.Duration) (driver.Discovery, error) {
				d, err := b.ref.Discover(ctx, within)
				if errors.Is(err, store.ErrUnavailable) {
					err = nil
				}
				return d, err
			}
		}},
	}
}

// wasAway notes whether a call has failed, and reports whether the one before had.
func (b *bent) wasAway(err error) bool {
	b.refServer.Lock()
	defer b.refServer.Unlock()
	was := b.refServer.flag
	b.refServer.flag = errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
	return was
}
