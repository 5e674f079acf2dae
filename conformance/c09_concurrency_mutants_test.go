package conformance

import (
	"context"
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
