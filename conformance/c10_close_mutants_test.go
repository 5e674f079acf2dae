package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func closeMutants() []mutant {
	return []mutant{
		{"Close closes nothing", "C10", func(b *bent) { b.close = func() error { return nil } }},
		{"one method works after Close", "C10", func(b *bent) {
			b.cachedInternal = func(ctx context.Context, id string) (string, error) {
				r := &ref{data: b.data, refServer: b.refServer, ttls: b.ttls}
				return r.GetCachedInternalURL(ctx, id)
			}
		}},
		{"one capability works after Close", "C10", func(b *bent) {
			b.count = func(ctx context.Context) (int, error) {
				r := &ref{data: b.data, refServer: b.refServer, ttls: b.ttls}
				return r.Count(ctx)
			}
		}},
		{"closed is unavailable", "C10", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				online, err := b.ref.IsOnline(ctx, id)
				if errors.Is(err, store.ErrClosed) {
					err = &store.Error{Op: "IsOnline", ID: id, Err: store.ErrUnavailable}
				}
				return online, err
			}
		}},
		{"Close again is an error", "C10", func(b *bent) {
			b.close = func() error {
				b.Lock()
				again := b.closed
				b.Unlock()
				if again {
					return &store.Error{Op: "Close", Err: store.ErrClosed}
				}
				return b.ref.Close()
			}
		}},
		{"a second Close panics", "C10", func(b *bent) {
			closed := make(chan struct{})
			b.close = func() error {
				close(closed)
				return b.ref.Close()
			}
		}},
		{"Close is of all stores", "C10", func(b *bent) {
			b.close = func() error {
				b.refServer.Lock()
				defer b.refServer.Unlock()
				b.refServer.flag = true
				return b.ref.Close()
			}
			b.refresh = func(ctx context.Context, id string) error {
				b.refServer.Lock()
				closed := b.refServer.flag
				b.refServer.Unlock()
				if closed {
					return &store.Error{Op: "RefreshTTL", ID: id, Err: store.ErrClosed}
				}
				return b.ref.RefreshTTL(ctx, id)
			}
		}},
		{"Close leaves a goroutine", "C10", func(b *bent) {
			go time.Sleep(time.Minute)
		}},
	}
}
