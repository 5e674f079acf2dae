package conformance

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// edit changes what is cached of a workspace, public and internal.
func (b *bent) edit(id string, f func(cached) cached) {
	b.Lock()
	defer b.Unlock()
	for _, kind := range []string{"public", "internal"} {
		if c, ok := b.urls[slot{kind, id}]; ok {
			b.urls[slot{kind, id}] = f(c)
		}
	}
}

// rewrite changes the URLs on their way in.
func (b *bent) rewrite(f func(url string) string) {
	b.cache = func(ctx context.Context, id, url string) error { return b.ref.CacheURL(ctx, id, f(url)) }
	b.cacheInternal = func(ctx context.Context, id, url string) error { return b.ref.CacheInternalURL(ctx, id, f(url)) }
}

func urlMutants() []mutant {
	lasting := func(c cached) cached { c.end = c.end.Add(time.Hour); return c }
	return []mutant{
		{"a URL is read for ever", "C3", func(b *bent) {
			b.cache = func(ctx context.Context, id, url string) error {
				err := b.ref.CacheURL(ctx, id, url)
				b.edit(id, lasting)
				return err
			}
		}},
		{"a URL lives as long as a life", "C3", func(b *bent) { b.ttls.URL = b.ttls.Liveness }},
		{"reading extends a URL", "C3", func(b *bent) {
			b.cached = func(ctx context.Context, id string) (string, error) {
				url, err := b.ref.GetCachedURL(ctx, id)
				if err == nil {
					b.edit(id, lasting)
				}
				return url, err
			}
		}},
		{"the first URL stays", "C3", func(b *bent) {
			b.cache = func(ctx context.Context, id, url string) error {
				if _, err := b.ref.GetCachedURL(ctx, id); err == nil {
					return nil
				}
				return b.ref.CacheURL(ctx, id, url)
			}
		}},
		{"the first deadline stays", "C3", func(b *bent) {
			b.cacheInternal = func(ctx context.Context, id, url string) error {
				b.Lock()
				old := b.urls[slot{"internal", id}]
				b.Unlock()
				err := b.ref.CacheInternalURL(ctx, id, url)
				if err == nil && time.Now().Before(old.end) {
					b.edit(id, func(c cached) cached { c.end = old.end; return c })
				}
				return err
			}
		}},
		{"a URL is normalised", "C3", func(b *bent) {
			b.rewrite(func(raw string) string {
				if u, err := url.Parse(raw); err == nil {
					return u.String()
				}
				return raw
			})
		}},
		{"a URL is cut", "C3", func(b *bent) {
			b.rewrite(func(url string) string {
				if len(url) == store.MaxURLLen {
					return url[:len(url)-1]
				}
				return url
			})
		}},
		{"no URL is an empty one", "C3", func(b *bent) {
			b.cached = func(ctx context.Context, id string) (string, error) {
				url, err := b.ref.GetCachedURL(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					return "", nil
				}
				return url, err
			}
		}},
		{"opening loses the URLs", "C3", func(b *bent) { clear(b.urls) }},

		{"the two URLs are one", "C4", func(b *bent) {
			b.cacheInternal, b.cachedInternal = b.ref.CacheURL, b.ref.GetCachedURL
		}},
		{"URLs die with the life", "C4", func(b *bent) {
			b.cached = func(ctx context.Context, id string) (string, error) {
				url, err := b.ref.GetCachedURL(ctx, id)
				if err == nil && !b.alive(id) {
					return "", &store.Error{Op: "GetCachedURL", ID: id, Err: store.ErrNotFound}
				}
				return url, err
			}
		}},
		{"a heartbeat keeps the URLs", "C4", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil {
					b.edit(id, lasting)
				}
				return err
			}
		}},
		{"caching a URL is a heartbeat", "C4", func(b *bent) {
			b.cache = func(ctx context.Context, id, url string) error {
				_ = b.ref.RefreshTTL(ctx, id)
				return b.ref.CacheURL(ctx, id, url)
			}
		}},
		{"a new life has no URLs", "C4", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if err == nil {
					b.edit(id, func(cached) cached { return cached{} })
				}
				return err
			}
		}},
	}
}
