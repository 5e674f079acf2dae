package conformance

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// item is one step of a loop over a store.
type item struct {
	store.Status
	err error
}

// relist replaces the items of the loop.
func (b *bent) relist(f func(ctx context.Context, items iter.Seq[item]) iter.Seq[item]) {
	b.all = func(ctx context.Context) iter.Seq2[store.Status, error] {
		items := func(yield func(item) bool) {
			for status, err := range b.ref.Online(ctx) {
				if !yield(item{status, err}) {
					return
				}
			}
		}
		return func(yield func(store.Status, error) bool) {
			for i := range f(ctx, items) {
				if !yield(i.Status, i.err) {
					return
				}
			}
		}
	}
}

func listerMutants() []mutant {
	return []mutant{
		{"the dead are listed", "Lister", func(b *bent) {
			b.relist(func(ctx context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					for i := range items {
						if !yield(i) {
							return
						}
					}
					b.Lock()
					defer b.Unlock()
					for id := range b.lives {
						if b.left(id) == 0 && !yield(item{store.Status{ID: id, Remaining: 1}, nil}) {
							return
						}
					}
				}
			})
		}},
		{"Lookup folds its id", "Lister", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, each([]string{id}, strings.ToLower)[0])
				var wrong *store.Error
				if errors.As(err, &wrong) {
					wrong.ID = id
				} else {
					s.ID = id
				}
				return s, err
			}
		}},
		{"some are listed twice", "Lister", func(b *bent) {
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					for i := range items {
						if !yield(i) || i.err == nil && !yield(i) {
							return
						}
					}
				}
			})
		}},
		{"the list is cut", "Lister", func(b *bent) {
			b.limit = largeCrowd
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					n := 0
					for i := range items {
						if n++; n > largeCrowd/2 || !yield(i) {
							return
						}
					}
				}
			})
		}},
		{"the end of the context ends the list without a word", "Lister", func(b *bent) {
			b.relist(func(ctx context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					for i := range items {
						if i.err != nil && ctx.Err() != nil || !yield(i) {
							return
						}
					}
				}
			})
		}},
		{"the absence of the backend ends the list without a word", "Lister", func(b *bent) {
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					for i := range items {
						if errors.Is(i.err, store.ErrUnavailable) || !yield(i) {
							return
						}
					}
				}
			})
		}},
		{"the list goes on after an error", "Lister", func(b *bent) {
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					for i := range items {
						if !yield(i) || i.err != nil && !yield(i) {
							return
						}
					}
				}
			})
		}},
		{"the TTL remains", "Lister", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				if err == nil {
					s.Remaining = b.ttls.Liveness
				}
				return s, err
			}
		}},
		{"no more remains than a TTL", "Lister", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				s.Remaining = min(s.Remaining, b.ttls.Liveness)
				return s, err
			}
		}},
		{"what remains is counted from a TTL", "Lister", func(b *bent) {
			begun := map[string]time.Time{}
			note := func(id string, err error) error {
				b.with(func() { begun[id] = time.Now() })
				return err
			}
			b.setOnline = func(ctx context.Context, id string) error { return note(id, b.ref.SetOnline(ctx, id)) }
			b.refresh = func(ctx context.Context, id string) error { return note(id, b.ref.RefreshTTL(ctx, id)) }
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				b.with(func() {
					if at, ok := begun[id]; ok && err == nil {
						s.Remaining = time.Until(at.Add(b.ttls.Liveness))
					}
				})
				return s, err
			}
		}},
		{"Remaining is in seconds", "Lister", func(b *bent) {
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					for i := range items {
						i.Remaining /= time.Second
						if !yield(i) {
							return
						}
					}
				}
			})
		}},
		{"those that stay are missed while others come", "Lister", func(b *bent) {
			var came atomic.Int64
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					before := came.Load()
					for i := range items {
						if came.Load() == before && !yield(i) {
							return
						}
					}
				}
			})
			b.setOnline = func(ctx context.Context, id string) error {
				came.Add(1)
				return b.ref.SetOnline(ctx, id)
			}
		}},
		{"the loop keeps the store busy", "Lister", func(b *bent) {
			var loops atomic.Int64
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					loops.Add(1)
					defer loops.Add(-1)
					for i := range items {
						if !yield(i) {
							return
						}
					}
				}
			})
			b.clear = func(ctx context.Context, id string) error {
				if loops.Load() > 0 && driver.Check(ctx, "Clear", id) == nil {
					return &store.Error{Op: "Clear", ID: id, Err: store.ErrUnavailable}
				}
				return b.ref.Clear(ctx, id)
			}
		}},
		{"the dead are counted", "Lister", func(b *bent) {
			b.count = func(ctx context.Context) (int, error) {
				_, err := b.ref.Count(ctx)
				b.Lock()
				defer b.Unlock()
				if err != nil {
					return 0, err
				}
				return len(b.lives), nil
			}
		}},
		{"the dead are looked up", "Lister", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					return store.Status{ID: id}, nil
				}
				return s, err
			}
		}},
		{"Lookup returns no URL", "Lister", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				s.URL, s.InternalURL = "", ""
				return s, err
			}
		}},
		{"Lookup returns the public URL twice", "Lister", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				s.InternalURL = s.URL
				return s, err
			}
		}},
		{"Lookup returns a URL that has expired", "Lister", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				if err == nil {
					b.with(func() { s.URL = b.urls[slot{"public", id}].url })
				}
				return s, err
			}
		}},
		{"the list has the URLs", "Lister", func(b *bent) {
			b.relist(func(_ context.Context, items iter.Seq[item]) iter.Seq[item] {
				return func(yield func(item) bool) {
					for i := range items {
						b.with(func() { i.URL = b.url("public", i.ID) })
						if !yield(i) {
							return
						}
					}
				}
			})
		}},
		{"Lookup reads the life first and the URLs then", "Lister", func(b *bent) {
			b.lookup = func(ctx context.Context, id string) (store.Status, error) {
				s, err := b.ref.Lookup(ctx, id)
				if err == nil {
					letOthersIn()
					b.with(func() { s.URL, s.InternalURL = b.url("public", id), b.url("internal", id) })
				}
				return s, err
			}
		}},
		{"the expired are counted", "Lister", func(b *bent) {
			b.count = func(ctx context.Context) (int, error) {
				n, err := b.ref.Count(ctx)
				b.with(func() {
					for _, x := range b.deaths {
						if x.Expired && err == nil {
							n++
						}
					}
				})
				return n, err
			}
		}},
		{"one who comes back before a sweep is counted twice", "Lister", func(b *bent) {
			twice := 0
			b.setOnline = func(ctx context.Context, id string) error {
				b.with(func() {
					if end := b.lives[id]; !end.IsZero() && !time.Now().Before(end) {
						twice++
					}
				})
				return b.ref.SetOnline(ctx, id)
			}
			b.count = func(ctx context.Context) (int, error) {
				n, err := b.ref.Count(ctx)
				if err != nil {
					return 0, err
				}
				return n + twice, nil
			}
		}},
	}
}
