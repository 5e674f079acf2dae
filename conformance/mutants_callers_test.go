package conformance

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func concurrencyMutants() []mutant {
	return []mutant{
		{"a refresh looks first and writes then", "C9", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil {
					ttl, _ := b.ttls.ForLiveness(id)
					time.Sleep(time.Nanosecond)
					b.bring(id, ttl)
				}
				return err
			}
		}},
		{"a URL is written in two halves", "C9", func(b *bent) {
			b.cache = func(ctx context.Context, id, url string) error {
				half := urlOf(url[len(url)/2:])
				if err := b.ref.CacheURL(ctx, id, url[:min(len(url), 60)]+half[:min(len(half), 60)]); err != nil {
					return b.ref.CacheURL(ctx, id, url)
				}
				time.Sleep(time.Nanosecond)
				return b.ref.CacheURL(ctx, id, url)
			}
		}},
		{"a read may be of an old value", "C9", func(b *bent) {
			var reads atomic.Int64
			old := map[string]string{}
			b.cacheInternal = func(ctx context.Context, id, url string) error {
				b.Lock()
				old[id] = b.urls[slot{"internal", id}].url
				b.Unlock()
				return b.ref.CacheInternalURL(ctx, id, url)
			}
			b.cachedInternal = func(ctx context.Context, id string) (string, error) {
				url, err := b.ref.GetCachedInternalURL(ctx, id)
				b.Lock()
				defer b.Unlock()
				if err == nil && old[id] != "" && reads.Add(1)%2 == 0 {
					url = old[id]
				}
				return url, err
			}
		}},
		{"a write is visible after it was acknowledged", "C9", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				if err := b.ref.SetOnline(ctx, id); err != nil || b.alive(id) && b.refServer.try() {
					return err
				}
				ttl, _ := b.ttls.ForLiveness(id)
				b.Lock()
				delete(b.lives, id)
				b.Unlock()
				time.AfterFunc(time.Nanosecond, func() { b.bring(id, ttl) })
				return nil
			}
		}},
		{"one caller at a time", "C9", func(b *bent) {
			var inside atomic.Int64
			b.refresh = func(ctx context.Context, id string) error {
				defer inside.Add(-1)
				if inside.Add(1) > 1 {
					return &store.Error{Op: "RefreshTTL", ID: id, Err: store.ErrUnavailable}
				}
				time.Sleep(time.Nanosecond)
				return b.ref.RefreshTTL(ctx, id)
			}
		}},
		{"callers at once make it panic", "C9", func(b *bent) {
			var inside atomic.Int64
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				defer inside.Add(-1)
				if inside.Add(1) > 1 {
					panic("concurrent map writes")
				}
				time.Sleep(time.Nanosecond)
				return b.ref.IsOnline(ctx, id)
			}
		}},
	}
}

// try reports true every other time.
func (l *refServer) try() bool {
	l.Lock()
	defer l.Unlock()
	l.flag = !l.flag
	return l.flag
}

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
