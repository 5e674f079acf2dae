package monitor

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// soonest is the shortest wait between two sweeps: it bounds what a large
// fleet costs the store and is a small part of what P1 allows.
const soonest = 5 * time.Millisecond

// shard watches one shard of the store.
type shard struct {
	m    *Monitor
	n    int
	wake chan struct{} // asks for a sweep now

	keeper *keeper

	reconciling atomic.Bool // with Config.Expected
	background  sync.WaitGroup

	mu         sync.Mutex
	last       seen
	began      time.Time     // when the last sweep that succeeded began
	ended      time.Time     // and ended
	swept      chan struct{} // closed when the next sweep has ended
	answers    bool          // the last sweep succeeded
	err        error         // of the last step
	errSince   time.Time
	graceSince time.Time
}

// seen is a sweep, zero before the first, and the note in it.
type seen struct {
	store.Sweep
	agreed note
}

func newShard(m *Monitor, n int) *shard {
	return &shard{m: m, n: n, keeper: newKeeper(m), wake: make(chan struct{}, 1), swept: make(chan struct{})}
}

// watch sweeps the shard until ctx has ended or the store was closed, which is
// the error that it returns.
func (s *shard) watch(ctx context.Context, handlers *crew) error {
	defer s.background.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.wake:
		}
		wait, err := s.step(ctx, handlers)
		if ctx.Err() != nil {
			return nil
		}
		s.outcome(err)
		if errors.Is(err, store.ErrClosed) {
			return err
		}
		timer.Reset(wait)
	}
}

// sweepSoon asks for a sweep without waiting for it.
func (s *shard) sweepSoon() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// placeFree lets the shards know in which deaths wait for a handler.
func (m *Monitor) placeFree() {
	for _, s := range m.shards {
		if s.lastSeen().Waiting > 0 {
			s.sweepSoon()
		}
	}
}

// step sweeps once, hands out what may be handed out, and returns how long to
// wait for the next step.
func (s *shard) step(ctx context.Context, handlers *crew) (time.Duration, error) {
	sweep, err := s.sweep(ctx)
	interval := s.m.config.interval(sweep.TTL)
	switch {
	case err != nil:
		return interval, err
	case sweep.Next <= 0:
		return 0, nil
	}
	wait, err := s.report(ctx, sweep, handlers)
	s.m.logStorm()
	return max(min(sweep.Next, interval, wait), soonest), err
}

// sweep sweeps the shard and remembers what it saw. With an error it returns
// the sweep before.
func (s *shard) sweep(ctx context.Context) (seen, error) {
	ctx, cancel := s.m.config.limit(ctx)
	defer cancel()
	last, began := s.lastSeen(), time.Now()
	sweep, err := s.m.reaper.Sweep(ctx, s.n, store.Watch{Interval: s.m.config.interval(last.TTL), Seen: last.Now})
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.answers = false
		s.tell()
		return last, err
	}
	now := seen{sweep, parseNote(sweep.Note)}
	s.saw(now, began)
	for _, id := range sweep.Found {
		s.m.config.Logger.Info("liveness: a workspace stopped being online", "id", id)
	}
	return now, nil
}

func (s *shard) saw(now seen, began time.Time) {
	is := s.m.inGrace(now)
	s.mu.Lock()
	s.last, s.began, s.ended, s.answers = now, began, time.Now(), true
	was := !s.graceSince.IsZero()
	switch {
	case is && !was:
		s.graceSince = now.Now
	case !is:
		s.graceSince = time.Time{}
	}
	s.tell()
	s.mu.Unlock()
	if is != was {
		s.logGrace(now, is)
	}
}

// tell wakes those who wait for a sweep of the shard, which is locked.
func (s *shard) tell() {
	close(s.swept)
	s.swept = make(chan struct{})
}

// report hands the deaths that wait in the shard to handlers, as many as the
// grace, the storm guard and the free places allow, and returns within which
// time to try again.
func (s *shard) report(ctx context.Context, sweep seen, handlers *crew) (time.Duration, error) {
	interval := s.m.config.interval(sweep.TTL)
	switch {
	case s.m.config.DryRun:
		return interval, nil
	case s.m.inGrace(sweep):
		s.reconcile(ctx, sweep)
		return interval, nil
	case sweep.Waiting == 0 && sweep.agreed.Storm.IsZero():
		return interval, nil
	}
	busy := handlers.busy()
	if !busy && sweep.agreed.Storm.IsZero() {
		s.m.recount(ctx, s)
	}
	allowed, err := s.allow(ctx, sweep)
	if err != nil || busy {
		return allowed.again, err
	}
	if places := handlers.reserve(min(allowed.most, sweep.Waiting)); places > 0 {
		err = s.claim(ctx, handlers, store.Quota{Most: places, Lease: s.m.config.Lease, Random: allowed.random})
	}
	return allowed.again, err
}

// claim fills the reserved places. It does not stop with ctx: a claim whose
// answer nobody awaits would keep its deaths from others for a lease.
func (s *shard) claim(ctx context.Context, handlers *crew, q store.Quota) error {
	ctx, cancel := s.m.config.limit(context.WithoutCancel(ctx))
	defer cancel()
	claimed := time.Now()
	deaths, err := s.m.reaper.Claim(ctx, s.n, q)
	handlers.release(q.Most - len(deaths))
	s.mu.Lock()
	s.last.Waiting -= len(deaths)
	s.mu.Unlock()
	for _, d := range deaths {
		handlers.handle(s, d, claimed)
	}
	return err
}

// outcome remembers how the last step went and logs an outage once.
func (s *shard) outcome(err error) {
	s.mu.Lock()
	before, since := s.err, s.errSince
	if s.err = err; err != nil && before == nil {
		s.errSince = time.Now()
	}
	s.mu.Unlock()
	switch {
	case err != nil && before == nil:
		s.m.config.Logger.Error("liveness: the store does not answer: deaths are not seen", "shard", s.n, "error", err)
	case err == nil && before != nil:
		s.m.config.Logger.Info("liveness: the store answers again", "shard", s.n, "after", time.Since(since))
	}
}

func (s *shard) lastSeen() seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}
