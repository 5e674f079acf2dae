package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// keeper extends the leases of the deaths of a shard that this monitor holds.
type keeper struct {
	m    *Monitor
	mu   sync.Mutex
	held map[*holding]bool
}

// holding is a death that is held. The context of its handler ends when it is
// held no longer, whether or not the store answers.
type holding struct {
	Death
	lose  context.CancelCauseFunc
	lapse *time.Timer // loses it shortly before the lease ends
}

func newKeeper(m *Monitor) *keeper {
	return &keeper{m: m, held: make(map[*holding]bool)}
}

// hold keeps a death that was claimed at the given time, until release. The
// context that it returns ends with ErrNotHeld if the death is lost.
func (k *keeper) hold(ctx context.Context, d Death, claimed time.Time) (context.Context, *holding) {
	ctx, lose := context.WithCancelCause(ctx)
	h := &holding{Death: d, lose: lose}
	h.lapse = time.AfterFunc(k.untilLapse(claimed), func() { lose(ErrNotHeld) })
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held[h] = true
	return ctx, h
}

func (k *keeper) release(h *holding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, h)
	h.lapse.Stop()
	h.lose(nil)
}

// every is how often leases are extended, by which it is also noticed that a
// workspace came back.
func (k *keeper) every() time.Duration {
	return min(k.m.config.Lease/3, max(time.Second, k.m.config.Interval))
}

// untilLapse returns for how long a lease may be relied on that was asked for
// at the given time. The rest is for the handler to stop.
func (k *keeper) untilLapse(asked time.Time) time.Duration {
	return time.Until(asked.Add(k.m.config.Lease)) - k.every()
}

// keep extends all leases until ctx has ended. It goes on where the context of
// a handler has ended: one that takes its time to stop keeps others away from
// its death.
func (k *keeper) keep(ctx context.Context) {
	tick := time.NewTicker(k.every())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		held := k.all()
		if len(held) == 0 {
			continue
		}
		if err := k.extend(ctx, held...); err != nil {
			k.m.config.Logger.Warn("liveness: leases could not be extended", "held", len(held), "error", err)
		}
	}
}

func (k *keeper) all() []*holding {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]*holding, 0, len(k.held))
	for h := range k.held {
		all = append(all, h)
	}
	return all
}

// extend begins leases anew, and loses the deaths that are not held.
func (k *keeper) extend(ctx context.Context, held ...*holding) error {
	ctx, cancel := k.m.config.limit(ctx)
	defer cancel()
	deaths := make([]store.Death, len(held))
	for i, h := range held {
		deaths[i] = h.Death
	}
	asked := time.Now()
	still, err := k.m.reaper.Extend(ctx, deaths, k.m.config.Lease)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, h := range held {
		switch {
		case !k.held[h]: // released meanwhile
		case still[i]:
			h.lapse.Reset(k.untilLapse(asked))
		default:
			h.lose(ErrNotHeld)
		}
	}
	return nil
}
