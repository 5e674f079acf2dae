package monitor_test

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// line is the way from one monitor to the store. It can be cut.
type line struct {
	*memstore.Store
	remote bool // the store says that its data is in another process, so that monitors take turns
	fault  atomic.Pointer[fault]
}

// fault decides what becomes of a call before it reaches the store: an error
// keeps it away.
type fault func(ctx context.Context, op string) error

func (w *world) line() *line { return &line{Store: w.Store} }

// far returns a line of a monitor that takes turns.
func (w *world) far() *line { return &line{Store: w.Store, remote: true} }

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

func (l *line) Traits() driver.Traits {
	traits := l.Store.Traits()
	traits.Local = traits.Local && !l.remote
	return traits
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

func (l *line) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	if err := l.reach(ctx, "Sweep"); err != nil {
		return driver.SweepResult{}, err
	}
	return l.Store.Sweep(ctx, shard, o)
}

func (l *line) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	if err := l.reach(ctx, "Claim"); err != nil {
		return nil, err
	}
	return l.Store.Claim(ctx, shard, o)
}

func (l *line) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	if err := l.reach(ctx, "Begin"); err != nil {
		return driver.Lost, err
	}
	return l.Store.Begin(ctx, d)
}

func (l *line) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	if err := l.reach(ctx, "Extend"); err != nil {
		return nil, err
	}
	return l.Store.Extend(ctx, leased, lease)
}

func (l *line) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	if err := l.reach(ctx, "Acknowledge"); err != nil {
		return false, err
	}
	return l.Store.Acknowledge(ctx, d)
}

func (l *line) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	if err := l.reach(ctx, "Release"); err != nil {
		return false, err
	}
	return l.Store.Release(ctx, d, after)
}

func (l *line) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	if err := l.reach(ctx, "Withdraw"); err != nil {
		return false, err
	}
	return l.Store.Withdraw(ctx, d)
}

func (l *line) Sample(ctx context.Context, shard, n int) ([]string, error) {
	if err := l.reach(ctx, "Sample"); err != nil {
		return nil, err
	}
	return l.Store.Sample(ctx, shard, n)
}

func (l *line) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	if err := l.reach(ctx, "Look"); err != nil {
		return nil, err
	}
	return l.Store.Look(ctx, ids)
}

func (l *line) Deaths(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
	if err := l.reach(ctx, "Deaths"); err != nil {
		return func(yield func(driver.Pending, error) bool) { yield(driver.Pending{}, err) }
	}
	return l.Store.Deaths(ctx, shard)
}

func (l *line) Adopt(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
	if err := l.reach(ctx, "Adopt"); err != nil {
		return nil, err
	}
	return l.Store.Adopt(ctx, shard, ids, due)
}

func (l *line) Forget(ctx context.Context, ids []string) error {
	if err := l.reach(ctx, "Forget"); err != nil {
		return err
	}
	return l.Store.Forget(ctx, ids)
}

func (l *line) Note(ctx context.Context, shard int, old, next string) (string, error) {
	if err := l.reach(ctx, "Note"); err != nil {
		return "", err
	}
	return l.Store.Note(ctx, shard, old, next)
}
