package monitored

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// wire is the way from one monitor to the store. The store's other capabilities are
// reached without faults.
type wire struct {
	store.LivenessStore
	reaper driver.Reaper
	h      *host
}

func newWire(h *host, s store.LivenessStore) *wire {
	reaper, _ := store.As[driver.Reaper](s)
	return &wire{s, reaper, h}
}

func (w *wire) Unwrap() store.LivenessStore { return w.LivenessStore }

func (w *wire) Traits() driver.Traits { return w.reaper.Traits() }

// send makes a call. By chance it is refused, or its reply is lost, or it hangs until its
// context ends. It may also be late, or arrive twice.
func send[T any](ctx context.Context, w *wire, op string, call func(context.Context) (T, error)) (T, error) {
	var none T
	fails := func(err error) (T, error) { return none, &store.Error{Op: op, Err: err} }
	if w.h.killed.Load() {
		<-ctx.Done()
		return fails(ctx.Err())
	}
	if !w.h.w.faulty.Load() {
		return call(ctx)
	}
	switch rand.IntN(25) {
	case 0:
		return fails(store.ErrUnavailable)
	case 1:
		_, _ = call(ctx)
		return fails(store.ErrUnavailable)
	case 2:
		<-ctx.Done()
		return fails(ctx.Err())
	case 3:
		select {
		case <-time.After(rand.N(w.h.w.lease / 4)):
		case <-ctx.Done():
			return fails(ctx.Err())
		}
	case 4:
		_, _ = call(ctx)
	}
	return call(ctx)
}

func (w *wire) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	return send(ctx, w, "Sweep", func(ctx context.Context) (driver.SweepResult, error) { return w.reaper.Sweep(ctx, shard, o) })
}

func (w *wire) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	return send(ctx, w, "Claim", func(ctx context.Context) ([]driver.Death, error) { return w.reaper.Claim(ctx, shard, o) })
}

// Begin also finds whether the store holds a workspace for dead that is online.
func (w *wire) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	return send(ctx, w, "Begin", func(ctx context.Context) (driver.Standing, error) {
		world := w.h.w
		if world.claimed != nil {
			world.claimed(d.ID)
		}
		world.mu.Lock()
		until := world.of(d.ID).until
		world.mu.Unlock()
		standing, err := w.reaper.Begin(ctx, d)
		world.mu.Lock()
		defer world.mu.Unlock()
		if err == nil && standing == driver.Held {
			left := time.Until(until)
			world.is(left > 0 && !until.Before(world.jumped), "Begin of %s reports Held, which is online for %v more (P2)", d.ID, left)
			world.of(d.ID).begun[d.Token] = true
		}
		return standing, err
	})
}

func (w *wire) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	return send(ctx, w, "Extend", func(ctx context.Context) ([]driver.Standing, error) { return w.reaper.Extend(ctx, leased, lease) })
}

func (w *wire) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	return send(ctx, w, "Acknowledge", func(ctx context.Context) (bool, error) { return w.reaper.Acknowledge(ctx, d) })
}

func (w *wire) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	return send(ctx, w, "Release", func(ctx context.Context) (bool, error) { return w.reaper.Release(ctx, d, after) })
}

func (w *wire) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	return send(ctx, w, "Withdraw", func(ctx context.Context) (bool, error) { return w.reaper.Withdraw(ctx, d) })
}

func (w *wire) Note(ctx context.Context, shard int, old, next string) (string, error) {
	return send(ctx, w, "Note", func(ctx context.Context) (string, error) { return w.reaper.Note(ctx, shard, old, next) })
}
