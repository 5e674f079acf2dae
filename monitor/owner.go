package monitor

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

const (
	// ownerTimeout bounds one call of Config.Expected.
	ownerTimeout = 30 * time.Second

	// adoptedAtOnce is how many ids are offered to a shard in one call.
	adoptedAtOnce = 10_000
)

// owner asks Config.Expected, in the monitor that leads. It adopts at
// the beginning of a grace and in quiet times, and at the end of a grace it also
// forgets.
type owner struct {
	m          *Monitor
	background sync.WaitGroup

	mu           sync.Mutex
	busy         bool                 // an answer is awaited or applied
	hangs        bool                 // a call has not returned
	graceNoticed time.Time            // when the grace was first noticed, by the clock of the store; zero: there is none
	named        map[string]time.Time // workspaces that were acknowledged recently, by when they were first named since; for the call under way
	retryAt      time.Time            // after a failure, by the clock of this machine
	retryWait    time.Duration
	err          error
}

func (m *Monitor) asksOwner() bool { return m.config.Expected != nil && !m.config.DryRun }

// askIfDue asks the owner if it is time to, in the background.
func (o *owner) askIfDue(ctx context.Context) {
	m := o.m
	now := m.now()
	if !m.asksOwner() || now.IsZero() {
		return
	}
	grace, ended := m.graceState(now)
	a := m.agreed()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !grace:
		o.graceNoticed = time.Time{}
	case o.graceNoticed.IsZero():
		o.graceNoticed = now
	}
	begins := grace && a.Asked.Before(o.graceNoticed)
	ends := !grace && ended.After(a.Settled)
	if o.busy || o.hangs || time.Now().Before(o.retryAt) || !begins && !ends && now.Sub(a.Asked) < m.config.Reconcile {
		return
	}
	o.busy, o.hangs = true, true
	o.background.Go(func() { o.outcome(ctx, o.reconcile(ctx, now, ended, ends)) })
}

// outcome records how the last call went, and when the next may be.
func (o *owner) outcome(ctx context.Context, err error) {
	o.mu.Lock()
	o.busy = false
	before := o.err
	o.err = err
	if err == nil {
		o.retryWait, o.retryAt = 0, time.Time{}
	} else {
		o.retryWait = min(max(time.Second, 2*o.retryWait), time.Minute)
		o.retryAt = time.Now().Add(o.retryWait)
	}
	o.mu.Unlock()
	switch {
	case ctx.Err() != nil: // Run has ended
	case err != nil:
		o.m.events.emit(Event{Kind: ExpectedFailed, Err: err})
	case before != nil:
		o.m.events.emit(Event{Kind: ExpectedBack})
	}
}

// reconcile asks the owner at now and applies the answer. Ends says that a grace has
// ended since the last answer: this one settles the graces up to ended.
func (o *owner) reconcile(ctx context.Context, now, ended time.Time, ends bool) error {
	asking, cancel := context.WithTimeout(ctx, ownerTimeout)
	defer cancel()
	named, err := within(asking, "Config.Expected", func() ([]string, error) {
		defer o.returned()
		return o.m.config.Expected(asking)
	})
	if err != nil {
		return err
	}
	expected := make(map[string]bool, len(named))
	illegal := 0
	for _, id := range named {
		if store.CheckID(id) != nil {
			illegal++
			continue
		}
		expected[id] = true
	}
	if illegal > 0 {
		o.m.events.emit(Event{Kind: ExpectedIllegal, Count: int64(illegal)})
	}
	recent := make(map[string]time.Time)
	var failed error
	for _, s := range o.m.shards {
		if !s.state().answers {
			continue
		}
		err := o.adopt(ctx, s, expected, recent)
		if err == nil {
			err = o.forget(ctx, s, expected, now, ends)
		}
		if err != nil {
			failed = err
			s.didNotAnswer() // the others need not wait
		}
	}
	if failed != nil {
		return failed // the next time without the shards that fail
	}
	o.mu.Lock()
	o.named = recent
	o.mu.Unlock()
	return o.m.change(ctx, func(a *shared) bool {
		a.Asked = now
		if ends {
			a.Settled = ended
		}
		return true
	})
}

// returned tells that a call of Config.Expected has returned. Until then there
// is no other: one that hangs costs only itself.
func (o *owner) returned() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hangs = false
}

// adopt offers the expected workspaces to a shard, each due one TTLs.Liveness
// after it was first named. Those that were acknowledged too recently it adds to
// recent.
func (o *owner) adopt(ctx context.Context, s *shard, expected map[string]bool, recent map[string]time.Time) error {
	now := o.m.now()
	byNamed := make(map[time.Time][]string)
	for id := range expected {
		named := cmp.Or(o.named[id], now)
		byNamed[named] = append(byNamed[named], id)
	}
	for named, ids := range byNamed {
		for page := range slices.Chunk(ids, adoptedAtOnce) {
			refused, err := o.offer(ctx, s, page, named.Add(o.m.traits.Liveness()))
			if err != nil {
				return err
			}
			for _, id := range refused {
				recent[id] = named
			}
		}
	}
	return nil
}

func (o *owner) offer(ctx context.Context, s *shard, ids []string, due time.Time) (recent []string, err error) {
	ctx, cancel := o.m.config.limit(ctx)
	defer cancel()
	return o.m.reconciler.Adopt(ctx, s.n, ids, due)
}

// forget has the store forget workspaces that the owner does not expect and that were
// never handed out. At the end of a grace these are all that died before the owner was
// asked, otherwise the adopted ones.
func (o *owner) forget(ctx context.Context, s *shard, expected map[string]bool, asked time.Time, ends bool) error {
	ctx, cancel := o.m.config.limit(ctx)
	defer cancel()
	var unexpected []string
	for d, err := range o.m.reconciler.Deaths(ctx, s.n) {
		if err != nil {
			return err
		}
		if d.Attempt == 0 && !d.Expired && !expected[d.ID] && (d.Adopted || ends && !d.Deadline.After(asked)) {
			unexpected = append(unexpected, d.ID)
		}
	}
	if len(unexpected) == 0 {
		return nil
	}
	return o.m.reconciler.Forget(ctx, unexpected)
}
