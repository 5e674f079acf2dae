package conformance

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// edit changes the cached URLs of a workspace, public and internal.
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

func (b *bent) urlsOf(id string) [2]cached {
	return [...]cached{b.urls[slot{"public", id}], b.urls[slot{"internal", id}]}
}

func (b *bent) putURLs(id string, urls [2]cached) {
	b.urls[slot{"public", id}], b.urls[slot{"internal", id}] = urls[0], urls[1]
}

func urlMutants() []mutant {
	lasting := func(c cached) cached { c.end = c.end.Add(time.Hour); return c }
	return []mutant{
		{"a URL is read without end", "C3", func(b *bent) {
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
		{"the same URL is not cached again", "C3", func(b *bent) {
			b.cacheInternal = func(ctx context.Context, id, url string) error {
				if old, err := b.ref.GetCachedInternalURL(ctx, id); err == nil && old == url {
					return nil
				}
				return b.ref.CacheInternalURL(ctx, id, url)
			}
		}},
		{"a URL is cached once in a second", "C3", func(b *bent) {
			b.cacheInternal = func(ctx context.Context, id, url string) error {
				var old cached
				b.with(func() { old = b.urls[slot{"internal", id}] })
				err := b.ref.CacheInternalURL(ctx, id, url)
				b.edit(id, func(c cached) cached {
					if err == nil && c.url == old.url && c.end.Sub(old.end) < time.Second {
						c.end = old.end
					}
					return c
				})
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
		{"a hand-out leaves the URLs", "C3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				var urls [2]cached
				b.with(func() { urls = b.urlsOf(d.ID) })
				s, err := b.ref.Begin(ctx, d)
				b.with(func() { b.putURLs(d.ID, urls) })
				return s, err
			}
		}},
		{"a sweep forgets the URLs of the dead", "C3", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				for _, id := range s.Detected {
					b.forgetURLs(id)
				}
			})
		}},
		{"a claim forgets the URLs", "C3", func(b *bent) {
			b.reclaim(func(_ int, d *driver.Death) { b.forgetURLs(d.ID) })
		}},
		{"every hand-out forgets the URLs", "C3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(ctx, d)
				if s == driver.Held {
					b.with(func() { b.forgetURLs(d.ID) })
				}
				return s, err
			}
		}},
		{"Begin forgets the URLs of a workspace that came back", "C3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(ctx, d)
				if s == driver.CameBack {
					b.with(func() { b.forgetURLs(d.ID) })
				}
				return s, err
			}
		}},
		{"a former holder forgets the URLs", "C3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(ctx, d)
				if err == nil && s == driver.Lost {
					b.with(func() { b.forgetURLs(d.ID) })
				}
				return s, err
			}
		}},
		{"a hand-out forgets the URLs of all", "C3", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(ctx, d)
				if s == driver.Held {
					b.with(func() { clear(b.urls) })
				}
				return s, err
			}
		}},
		{"an acknowledgement forgets the URLs", "C3", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(ctx, d)
				if was {
					b.with(func() { b.forgetURLs(d.ID) })
				}
				return was, err
			}
		}},
		{"a release forgets the URLs", "C3", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				was, err := b.ref.Release(ctx, d, after)
				if was {
					b.with(func() { b.forgetURLs(d.ID) })
				}
				return was, err
			}
		}},
		{"the URLs are forgotten for the first death only", "C3", func(b *bent) {
			before := map[string]bool{}
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				var urls [2]cached
				b.with(func() { urls = b.urlsOf(d.ID) })
				s, err := b.ref.Begin(ctx, d)
				b.with(func() {
					if s == driver.Held && before[d.ID] {
						b.putURLs(d.ID, urls)
					}
					before[d.ID] = before[d.ID] || s == driver.Held
				})
				return s, err
			}
		}},
		{"Forget forgets the URLs of the handed out", "C3", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error {
				err := b.ref.Forget(ctx, ids)
				b.with(func() {
					for _, id := range ids {
						if x := b.deaths[id]; err == nil && x != nil && x.Attempt > 0 {
							b.forgetURLs(id)
						}
					}
				})
				return err
			}
		}},

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
		{"an adoption forgets the URLs", "C3", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				recent, err := b.ref.Adopt(ctx, shard, ids, due)
				b.with(func() {
					for _, id := range ids {
						if x := b.deaths[id]; x != nil && x.Adopted {
							b.forgetURLs(id)
						}
					}
				})
				return recent, err
			}
		}},
	}
}
