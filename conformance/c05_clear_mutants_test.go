package conformance

import (
	"context"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func clearMutants() []mutant {
	return []mutant{
		{"Clear leaves the internal URL", "C5", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				b.Lock()
				internal, ok := b.urls[slot{"internal", id}]
				b.Unlock()
				err := b.ref.Clear(ctx, id)
				b.Lock()
				defer b.Unlock()
				if ok && err == nil {
					b.urls[slot{"internal", id}] = internal
				}
				return err
			}
		}},
		{"Clear is three steps", "C5", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				b.Lock()
				delete(b.lives, id)
				b.Unlock()
				time.Sleep(time.Nanosecond)
				return b.ref.Clear(ctx, id)
			}
		}},
		{"Clear takes its id for a prefix", "C5", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				err := b.ref.Clear(ctx, id)
				b.Lock()
				defer b.Unlock()
				for other := range b.lives {
					if err == nil && strings.HasPrefix(other, id) {
						b.forget(other)
					}
				}
				return err
			}
		}},
		{"Clear of the unknown fails", "C5", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				if err := b.ref.Clear(ctx, id); err != nil || b.alive(id) {
					return err
				}
				return &store.Error{Op: "Clear", ID: id, Err: store.ErrNotFound}
			}
		}},
		{"a life after Clear is the old one", "C5", func(b *bent) {
			old := map[string]time.Time{}
			b.clear = func(ctx context.Context, id string) error {
				b.Lock()
				old[id] = b.lives[id]
				b.Unlock()
				return b.ref.Clear(ctx, id)
			}
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				b.Lock()
				defer b.Unlock()
				if err == nil && time.Until(old[id]) > 0 {
					b.lives[id] = old[id]
				}
				return err
			}
		}},
		{"Clear looks for a life only", "C5", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				if online, err := b.ref.IsOnline(ctx, id); err == nil && !online {
					return nil
				}
				return b.ref.Clear(ctx, id)
			}
		}},
	}
}
