package monitor

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// leases extends the leases of a shard that this monitor has.
type leases struct {
	m    *Monitor
	mu   sync.Mutex
	held map[*lease]bool
}

// lease is that of one death, and the context of its handler. The context ends
// when the lease is lost, whether or not the store answers.
type lease struct {
	Death
	m        *Monitor
	shard    *shard
	ctx      context.Context
	cancel   context.CancelCauseFunc
	expiry   *time.Timer // loses it shortly before the lease ends
	cameBack bool        // was told
	ended    bool        // the attempt has an outcome: there is nothing to lose
}

// leaseKey is the key of the lease in the context of a handler.
type leaseKey struct{}

// add keeps a lease that was claimed at the given time, until remove.
func (k *leases) add(ctx context.Context, s *shard, d Death, claimed time.Time) *lease {
	l := &lease{Death: d, m: k.m, shard: s}
	ctx, l.cancel = context.WithCancelCause(ctx)
	l.ctx = context.WithValue(ctx, leaseKey{}, l)
	l.expiry = time.AfterFunc(k.trustedFor(claimed), l.lose)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held[l] = true
	return l
}

func (k *leases) remove(l *lease) {
	l.abandon()
	l.cancel(nil)
}

// abandon stops extending the lease.
func (l *lease) abandon() {
	k := l.shard.leases
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, l)
	l.expiry.Stop()
}

// abandonAll stops extending every lease.
func (k *leases) abandonAll() {
	for _, l := range k.all() {
		l.abandon()
	}
}

// end keeps what becomes of the lease from being told: its attempt has an outcome.
func (l *lease) end() {
	k := l.shard.leases
	k.mu.Lock()
	defer k.mu.Unlock()
	l.ended = true
}

func (l *lease) lose() {
	k := l.shard.leases
	k.mu.Lock()
	ended := l.ended
	k.mu.Unlock()
	news := !ended && l.ctx.Err() == nil && !l.m.outage()
	l.cancel(ErrNotHeld)
	if news {
		l.m.events.emit(Event{Kind: NotHeld, ID: l.ID, Attempt: l.Attempt})
	}
}

// trustedFor returns for how long a lease may be relied on that was asked for
// at the given time. The rest is for the handler to stop.
func (k *leases) trustedFor(asked time.Time) time.Duration {
	return time.Until(asked.Add(k.m.config.Lease * 5 / 6))
}

// keepExtending extends all leases until ctx has ended. It goes on where the context of
// a handler has ended: one that takes its time to stop keeps others away from
// its workspace.
func (k *leases) keepExtending(ctx context.Context) {
	tick := time.NewTicker(k.m.config.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if held := k.all(); len(held) > 0 {
			_, _ = k.extend(ctx, held...) // each lease has a timer of its own
		}
	}
}

func (k *leases) all() []*lease {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(maps.Keys(k.held))
}

// extend begins leases anew, and loses those that are not held.
func (k *leases) extend(ctx context.Context, held ...*lease) ([]driver.Standing, error) {
	ctx, cancel := k.m.config.limit(ctx)
	defer cancel()
	deaths := make([]Death, len(held))
	for i, l := range held {
		deaths[i] = l.Death
	}
	asked := time.Now()
	standings, err := k.m.reaper.Extend(ctx, deaths, k.m.config.Lease)
	if err != nil {
		return nil, err
	}
	for i, l := range held {
		k.stand(l, standings[i], asked)
	}
	return standings, nil
}

// stand applies the standing of a lease.
func (k *leases) stand(l *lease, standing driver.Standing, asked time.Time) {
	k.mu.Lock()
	held := k.held[l]
	news := held && standing == driver.CameBack && !l.cameBack
	if held && standing != driver.Lost {
		l.cameBack = l.cameBack || news
		l.expiry.Reset(k.trustedFor(asked))
	}
	k.mu.Unlock()
	switch {
	case news:
		k.m.events.emit(Event{Kind: CameBack, ID: l.ID, Attempt: l.Attempt})
	case held && standing == driver.Lost:
		l.lose()
	}
}

// begin hands the death out.
func (l *lease) begin() (driver.Standing, error) {
	ctx, cancel := l.m.config.limit(l.ctx)
	defer cancel()
	return l.m.reaper.Begin(ctx, l.Death)
}

// Recheck looks at the store again. A handler calls it with its context just
// before a step that would harm a workspace that is alive.
//
// It returns nil if the workspace is still offline and the handler still holds its
// lease. It returns [ErrCameBack] if the workspace came back or was cleared since,
// also by this handler, and [ErrNotHeld] if the lease was lost. If ctx has ended it
// returns the cause of that. Any other error means that the store did not answer,
// or that ctx is not that of a handler.
func Recheck(ctx context.Context) error {
	l, ok := ctx.Value(leaseKey{}).(*lease)
	if !ok {
		return errNoHandler
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	standings, err := l.shard.leases.extend(ctx, l)
	switch {
	case err != nil:
		return err
	case standings[0] == driver.CameBack:
		return ErrCameBack
	case standings[0] == driver.Lost:
		return ErrNotHeld
	}
	return nil
}
