package monitor_test

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

// line is the way from one monitor to the store. It can be cut.
type line struct {
	*memstore.Store
	fault atomic.Pointer[fault]
}

// fault decides what becomes of a call before it reaches the store: an error
// keeps it away.
type fault func(ctx context.Context, op string) error

func (w *world) line() *line { return &line{Store: w.Store} }

func (l *line) is(f fault) { l.fault.Store(&f) }
func (l *line) mend()      { l.fault.Store(nil) }

// broken refuses every call.
func broken(_ context.Context, op string) error {
	return &store.Error{Op: op, Err: store.ErrUnavailable}
}

// hanging answers no call before its context ends.
func hanging(ctx context.Context, op string) error {
	<-ctx.Done()
	return &store.Error{Op: op, Err: ctx.Err()}
}

// only limits a fault to some methods.
func only(f fault, ops ...string) fault {
	return func(ctx context.Context, op string) error {
		for _, o := range ops {
			if o == op {
				return f(ctx, op)
			}
		}
		return nil
	}
}

func (l *line) reach(ctx context.Context, op string) error {
	if f := l.fault.Load(); f != nil {
		return (*f)(ctx, op)
	}
	return nil
}

func (l *line) SetOnline(ctx context.Context, id string) error {
	if err := l.reach(ctx, "SetOnline"); err != nil {
		return err
	}
	return l.Store.SetOnline(ctx, id)
}

func (l *line) RefreshTTL(ctx context.Context, id string) error {
	if err := l.reach(ctx, "RefreshTTL"); err != nil {
		return err
	}
	return l.Store.RefreshTTL(ctx, id)
}

func (l *line) Sweep(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
	if err := l.reach(ctx, "Sweep"); err != nil {
		return store.Sweep{}, err
	}
	return l.Store.Sweep(ctx, shard, w)
}

func (l *line) Claim(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
	if err := l.reach(ctx, "Claim"); err != nil {
		return nil, err
	}
	return l.Store.Claim(ctx, shard, q)
}

func (l *line) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	if err := l.reach(ctx, "Extend"); err != nil {
		return nil, err
	}
	return l.Store.Extend(ctx, held, lease)
}

func (l *line) Acknowledge(ctx context.Context, d store.Death) (bool, error) {
	if err := l.reach(ctx, "Acknowledge"); err != nil {
		return false, err
	}
	return l.Store.Acknowledge(ctx, d)
}

func (l *line) PutBack(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
	if err := l.reach(ctx, "PutBack"); err != nil {
		return false, err
	}
	return l.Store.PutBack(ctx, d, after)
}

func (l *line) Deaths(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
	if err := l.reach(ctx, "Deaths"); err != nil {
		return func(yield func(store.Death, error) bool) { yield(store.Death{}, err) }
	}
	return l.Store.Deaths(ctx, shard)
}

func (l *line) Adopt(ctx context.Context, shard int, ids []string) error {
	if err := l.reach(ctx, "Adopt"); err != nil {
		return err
	}
	return l.Store.Adopt(ctx, shard, ids)
}

func (l *line) Disown(ctx context.Context, ids []string) error {
	if err := l.reach(ctx, "Disown"); err != nil {
		return err
	}
	return l.Store.Disown(ctx, ids)
}

func (l *line) Note(ctx context.Context, shard int, old, new string) (string, error) {
	if err := l.reach(ctx, "Note"); err != nil {
		return "", err
	}
	return l.Store.Note(ctx, shard, old, new)
}
