package conformance

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
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
		{"a list that is broken off leaves its producer", "C10", func(b *bent) {
			b.all = func(ctx context.Context) iter.Seq2[store.Status, error] { return produced(b.ref.Online(ctx)) }
		}},
		{"a loop over deaths that is broken off leaves its producer", "C10", func(b *bent) {
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return produced(b.ref.Deaths(ctx, shard))
			}
		}},
		{"a dump that is broken off leaves its producer", "C10", func(b *bent) {
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] { return produced(b.ref.Dump(ctx)) }
		}},
	}
}

// produced returns a loop whose items come from a goroutine, which waits for a minute for
// the next body.
func produced[T any](loop iter.Seq2[T, error]) iter.Seq2[T, error] {
	type produce struct {
		item T
		err  error
	}
	return func(yield func(T, error) bool) {
		items := make(chan produce)
		go func() {
			defer close(items)
			for item, err := range loop {
				select {
				case items <- produce{item, err}:
				case <-time.After(time.Minute):
					return
				}
			}
		}()
		for p := range items {
			if !yield(p.item, p.err) {
				return
			}
		}
	}
}
