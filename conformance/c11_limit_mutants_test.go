package conformance

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func limitMutants() []mutant {
	full := func(err error) bool { return errors.Is(err, store.ErrFull) }
	return []mutant{
		{"one is forgotten to make room", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if !full(err) {
					return err
				}
				b.Lock()
				for victim := range b.lives {
					b.forget(victim)
					break
				}
				b.Unlock()
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"the dead take room", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				b.Lock()
				_, known := b.lives[id]
				full := !known && len(b.lives) >= refLimit
				b.Unlock()
				if full && driver.Check(ctx, "SetOnline", id) == nil {
					return &store.Error{Op: "SetOnline", ID: id, Err: store.ErrFull}
				}
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"deaths take room", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				if b.fullOfDeaths(id) && driver.Check(ctx, "SetOnline", id) == nil {
					return &store.Error{Op: "SetOnline", ID: id, Err: store.ErrFull}
				}
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"the refused lose their deaths", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if full(err) {
					b.with(func() { delete(b.deaths, id) })
				}
				return err
			}
		}},
		{"the living are refused too", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				b.Lock()
				full := b.online() >= refLimit
				b.Unlock()
				if full && driver.Check(ctx, "SetOnline", id) == nil {
					return &store.Error{Op: "SetOnline", ID: id, Err: store.ErrFull}
				}
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"the refused are stored", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if full(err) {
					b.bring(id, b.ttls.Liveness)
				}
				return err
			}
		}},
		{"the refused lose their URLs", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if full(err) {
					b.Lock()
					b.forget(id)
					b.Unlock()
				}
				return err
			}
		}},
		{"Clear makes no room", "C11", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				if b.alive(id) {
					b.Lock()
					b.limit--
					b.Unlock()
				}
				return b.ref.Clear(ctx, id)
			}
		}},
		{"Clear makes room for one that is not there", "C11", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				err := b.ref.Clear(ctx, id)
				b.Lock()
				defer b.Unlock()
				if strings.HasPrefix(id, "crowd") {
					b.limit++
				}
				return err
			}
		}},
		{"full is unavailable", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if full(err) {
					return &store.Error{Op: "SetOnline", ID: id, Err: store.ErrUnavailable}
				}
				return err
			}
		}},
		{"the oldest URL goes first though it is used", "C11", func(b *bent) {
			var order []string
			b.cache = func(ctx context.Context, id, url string) error {
				err := b.ref.CacheURL(ctx, id, url)
				b.Lock()
				defer b.Unlock()
				if order = append(order, id); len(order) > refLimit {
					delete(b.urls, slot{"public", order[0]})
					order = order[1:]
				}
				return err
			}
		}},
		{"the expired take room", "C11", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				took := 0
				b.with(func() {
					for _, x := range b.deaths {
						if x.Expired && x.ID != id {
							took++
						}
					}
				})
				return b.inLessRoom(ctx, id, took)
			}
		}},
		{"one who comes back before a sweep takes room twice", "C11", func(b *bent) {
			twice := 0
			b.setOnline = func(ctx context.Context, id string) error {
				b.with(func() {
					if end := b.lives[id]; !end.IsZero() && !time.Now().Before(end) {
						twice++
					}
				})
				return b.inLessRoom(ctx, id, twice)
			}
		}},
	}
}

// inLessRoom sets a workspace online in a store that takes so many fewer.
func (b *bent) inLessRoom(ctx context.Context, id string, fewer int) error {
	full := false
	b.with(func() { full = b.left(id) == 0 && b.online()+fewer >= b.limit })
	if full && driver.Check(ctx, "SetOnline", id) == nil && !b.closed {
		return &store.Error{Op: "SetOnline", ID: id, Err: store.ErrFull}
	}
	return b.ref.SetOnline(ctx, id)
}
