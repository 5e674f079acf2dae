package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func registrarMutants() []mutant {
	// afterwards does more once a workspace is registered.
	afterwards := func(b *bent, more func(id, url, internalURL string)) {
		b.register = func(ctx context.Context, id, url, internalURL string) error {
			err := b.ref.Register(ctx, id, url, internalURL)
			if err == nil {
				b.with(func() { more(id, url, internalURL) })
			}
			return err
		}
	}
	return []mutant{
		{"Register caches one URL", "Registrar", func(b *bent) {
			afterwards(b, func(id, _, _ string) { delete(b.urls, slot{"internal", id}) })
		}},
		{"Register swaps the URLs", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				return b.ref.Register(ctx, id, internalURL, url)
			}
		}},
		{"an empty URL replaces", "Registrar", func(b *bent) {
			afterwards(b, func(id, url, internalURL string) {
				if url == "" {
					delete(b.urls, slot{"public", id})
				}
				if internalURL == "" {
					delete(b.urls, slot{"internal", id})
				}
			})
		}},
		{"an empty URL extends the cached one", "Registrar", func(b *bent) {
			afterwards(b, func(id, _, _ string) {
				if url := b.url("internal", id); url != "" {
					b.ref.cache("internal", id, url)
				}
			})
		}},
		{"the second URL is not checked", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				if store.CheckURL(internalURL) != nil {
					internalURL = ""
				}
				return b.ref.Register(ctx, id, url, internalURL)
			}
		}},
		{"an illegal URL refuses the rest too late", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				err := b.ref.Register(ctx, id, url, internalURL)
				if errors.Is(err, store.ErrInvalid) && store.CheckID(id) == nil {
					_ = b.ref.SetOnline(ctx, id)
				}
				return err
			}
		}},
		{"online comes first, and the URLs then", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				if _, err := driver.CheckRegister(ctx, "Register", id, b.ttls, url, internalURL); err == nil {
					_ = b.ref.SetOnline(ctx, id)
					time.Sleep(time.Nanosecond)
				}
				return b.ref.Register(ctx, id, url, internalURL)
			}
			b.cached = func(ctx context.Context, id string) (string, error) {
				return b.ref.GetCachedURL(ctx, id)
			}
		}},
		{"the URLs are cached one after the other", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				if err := b.ref.Register(ctx, id, url, ""); err != nil {
					return err
				}
				time.Sleep(time.Nanosecond)
				return b.ref.Register(ctx, id, "", internalURL)
			}
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				time.Sleep(time.Nanosecond)
				return b.ref.Lookup(ctx, id)
			}
		}},
		{"Register ends the lease", "Registrar", func(b *bent) {
			afterwards(b, func(id, _, _ string) { delete(b.leases, id) })
		}},
		{"Register does not ask For", "Registrar", func(b *bent) {
			afterwards(b, func(id, _, _ string) { b.grant(id, b.ttls.Liveness) })
		}},
		{"away is registered", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				if err := b.ref.Register(ctx, id, url, internalURL); !errors.Is(err, store.ErrUnavailable) {
					return err
				}
				return nil
			}
		}},
		{"the refused have their URLs cached", "Registrar", func(b *bent) {
			b.register = func(ctx context.Context, id, url, internalURL string) error {
				err := b.ref.Register(ctx, id, url, internalURL)
				if errors.Is(err, store.ErrFull) {
					b.with(func() { b.ref.cache("public", id, url) })
				}
				return err
			}
		}},
	}
}
