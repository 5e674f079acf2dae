package monitored

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/molecule-ai/liveness/internal/wire"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// wire returns the way from the monitor of a host to a store.
func (h *host) wire(s store.LivenessStore) store.LivenessStore {
	reaper, _ := store.As[driver.Reaper](s)
	return wire.New(&beginCheck{s, reaper, h.world}, h.pass)
}

// pass makes a call. Where calls are faulty, by chance one is refused, or its reply is lost,
// or it hangs until its context ends, or it is late, or it arrives twice.
func (h *host) pass(ctx context.Context, op, _ string, call func(context.Context) error) error {
	refused := &store.Error{Op: op, Err: store.ErrUnavailable}
	hang := func() error {
		<-ctx.Done()
		return &store.Error{Op: op, Err: ctx.Err()}
	}
	switch {
	case h.killed.Load():
		return hang()
	case !h.world.faulty.Load():
		return call(ctx)
	}
	const calls = 25 // five of them are faulty
	switch rand.IntN(calls) {
	case 0:
		return refused
	case 1:
		_ = call(ctx)
		return refused
	case 2:
		return hang()
	case 3:
		select {
		case <-time.After(rand.N(h.world.lease / 4)):
		case <-ctx.Done():
			return hang()
		}
	case 4:
		_ = call(ctx)
	}
	return call(ctx)
}

// beginCheck is a store that notes a violation if Begin reports Held for a workspace that
// is online.
type beginCheck struct {
	store.LivenessStore
	driver.Reaper
	world *world
}

func (s *beginCheck) Unwrap() store.LivenessStore { return s.LivenessStore }

func (s *beginCheck) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	w := s.world
	if w.claimed != nil {
		w.claimed(d.ID)
	}
	w.mu.Lock()
	until := w.of(d.ID).until
	w.mu.Unlock()
	standing, err := s.Reaper.Begin(ctx, d)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil && standing == driver.Held {
		left := time.Until(until)
		w.violated(left > 0 && !until.Before(w.jumped), "Begin of %s reports Held, which is online for %v more (P2)", d.ID, left)
		w.of(d.ID).begun[d.Token] = true
	}
	return standing, err
}
