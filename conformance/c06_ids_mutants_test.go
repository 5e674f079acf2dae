package conformance

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// rename changes the ids that are legal on their way in.
func (b *bent) rename(f func(id string) string) {
	name := func(id string) string {
		if store.CheckID(id) != nil {
			return id
		}
		return f(id)
	}
	b.setOnline = func(ctx context.Context, id string) error { return b.ref.SetOnline(ctx, name(id)) }
	b.refresh = func(ctx context.Context, id string) error { return b.ref.RefreshTTL(ctx, name(id)) }
	b.clear = func(ctx context.Context, id string) error { return b.ref.Clear(ctx, name(id)) }
	b.isOnline = func(ctx context.Context, id string) (bool, error) { return b.ref.IsOnline(ctx, name(id)) }
	b.cache = func(ctx context.Context, id, url string) error { return b.ref.CacheURL(ctx, name(id), url) }
	b.cached = func(ctx context.Context, id string) (string, error) { return b.ref.GetCachedURL(ctx, name(id)) }
}

// each returns the ids changed, but for those that are illegal.
func each(ids []string, change func(string) string) []string {
	changed := make([]string, len(ids))
	for i, id := range ids {
		changed[i] = id
		if store.CheckID(id) == nil {
			changed[i] = change(id)
		}
	}
	return changed
}

func idMutants() []mutant {
	return []mutant{
		{"ids are folded to lower case", "C6", func(b *bent) { b.rename(strings.ToLower) }},
		{"ids are paths", "C6", func(b *bent) { b.rename(path.Clean) }},
		{"ids are cut", "C6", func(b *bent) {
			b.rename(func(id string) string { return id[:min(len(id), store.MaxIDLen-1)] })
		}},
		{"ids lose all but ASCII", "C6", func(b *bent) {
			b.rename(func(id string) string { return strings.Map(func(r rune) rune { return min(r, 0x80) }, id) })
		}},
		{"ids are hashed by CRC-32", "C6", func(b *bent) {
			b.rename(func(id string) string { return fmt.Sprint(crc32.ChecksumIEEE([]byte(id))) })
		}},
		{"ids are hashed by FNV-1a", "C6", func(b *bent) {
			b.rename(func(id string) string {
				h := fnv.New32a()
				_, _ = h.Write([]byte(id))
				return fmt.Sprint(h.Sum32())
			})
		}},
		{"ids are names of files", "C6", func(b *bent) {
			b.rename(func(id string) string { return strings.ReplaceAll(id, "/", "_") })
		}},
		{"ids are unescaped", "C6", func(b *bent) {
			b.rename(func(id string) string {
				if plain, err := url.PathUnescape(id); err == nil {
					return plain
				}
				return id
			})
		}},
		{"ids are numbers where they can be", "C6", func(b *bent) {
			b.rename(func(id string) string {
				if n, err := strconv.ParseFloat(id, 64); err == nil {
					return fmt.Sprint(n)
				}
				return id
			})
		}},
		{"Clear takes its id for a pattern", "C6", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				err := b.ref.Clear(ctx, id)
				b.with(func() {
					for other := range b.lives {
						if matches, bad := path.Match(id, other); err == nil && bad == nil && matches {
							b.forget(other)
						}
					}
				})
				return err
			}
		}},
		{"an id ends at a separator where it is detected dead", "C6", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) {
				for i, id := range s.Detected {
					s.Detected[i], _, _ = strings.Cut(id, "|")
				}
			})
		}},
		{"ids are adopted in lower case", "C6", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				return b.ref.Adopt(ctx, shard, each(ids, strings.ToLower), due)
			}
		}},
		{"ids are forgotten by their paths", "C6", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error { return b.ref.Forget(ctx, each(ids, path.Clean)) }
		}},
		{"an id may have a colon", "C6", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				return b.ref.SetOnline(ctx, strings.ReplaceAll(id, ":", "."))
			}
		}},
		{"an illegal id is stored and refused", "C6", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				if store.CheckID(id) != nil {
					b.bring(id, b.ttls.Liveness)
				}
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"a URL may be relative", "C6", func(b *bent) {
			b.rewrite(func(url string) string {
				if strings.HasPrefix(url, "/") {
					return urlOf(url)
				}
				return url
			})
		}},
		{"the context comes before the id", "C6", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				if err := ctx.Err(); err != nil {
					return false, &store.Error{Op: "IsOnline", ID: id, Err: err}
				}
				return b.ref.IsOnline(ctx, id)
			}
		}},
		{"the backend is asked first", "C6", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				if err := b.reach(ctx); err != nil {
					return &store.Error{Op: "Clear", ID: id, Err: err}
				}
				return b.ref.Clear(ctx, id)
			}
		}},
		{"an error repeats the URL", "C6", func(b *bent) {
			b.cache = func(ctx context.Context, id, url string) error {
				if err := b.ref.CacheURL(ctx, id, url); errors.Is(err, store.ErrInvalid) {
					return driver.Errorf("CacheURL", id, store.ErrInvalid, "%q", url)
				}
				return b.ref.CacheURL(ctx, id, url)
			}
		}},
		{"an error is bare", "C6", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				return errors.Unwrap(b.ref.RefreshTTL(ctx, id))
			}
		}},
		{"an error names another method", "C6", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				if err != nil {
					err = &store.Error{Op: "lookup", ID: id, Err: fmt.Errorf("wrapped: %w", errors.Unwrap(err))}
				}
				return s, err
			}
		}},
	}
}
