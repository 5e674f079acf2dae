package monitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// soonest is the shortest wait between two sweeps that nothing asks for. It bounds
// what a large fleet costs the store, and is a small part of what P1 allows.
const soonest = 5 * time.Millisecond

// shard watches one shard of the store.
type shard struct {
	m    *Monitor
	n    int
	wake chan struct{} // asks for a sweep now

	leases *leases

	mu       sync.Mutex
	last     driver.SweepResult
	received time.Time // when the last sweep that succeeded began, by the clock of this machine
	clock    clock
	swept    chan struct{} // closed when the next sweep has ended
	wanted   bool          // a follower sweeps too
	waits    bool          // for the guard, after a sweep
	row      int           // sweeps that left something due
	answers  bool          // the last call succeeded
	err      error         // of the last step
	noteText string
}

func newShard(m *Monitor, n int) *shard {
	return &shard{m: m, n: n, leases: newLeases(m), wake: make(chan struct{}, 1), swept: make(chan struct{})}
}

// watch sweeps the shard until ctx has ended or the store was closed, which is
// the error that it returns.
func (s *shard) watch(ctx context.Context, handlers *handlers) error {
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
		s.mu.Lock()
		news := (s.err == nil) != (err == nil)
		s.err = err
		s.mu.Unlock()
		if news {
			s.m.noticeOutage()
		}
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

// idle is how long a follower sleeps unless it is woken.
const idle = time.Hour

// step sweeps once, hands out what may be handed out, and returns how long to
// wait for the next step. A follower sweeps only if that is wanted, and again
// until it has no error to tell of.
func (s *shard) step(ctx context.Context, handlers *handlers) (time.Duration, error) {
	leads, interval := s.m.leads(), s.m.config.Interval
	if !leads && !s.isWanted() && s.lastErr() == nil {
		return idle, nil
	}
	r, err := s.sweep(ctx)
	switch {
	case err != nil:
		return interval, err
	case r.Next <= 0 && s.more():
		return 0, nil
	}
	home := s == s.m.home()
	if home {
		s.m.noticeGrace()
	}
	again, err := s.report(ctx, r, handlers)
	switch {
	case !leads && err != nil:
		return interval, err
	case !leads:
		return idle, nil
	}
	wait := min(r.Next, interval, again)
	if home {
		s.m.lookAfter(ctx, s)
		wait = min(wait, s.m.traits.Heartbeat()/looks)
	}
	if left := r.GraceEnd.Sub(r.Now); left > 0 {
		wait = min(wait, left)
	}
	return max(wait, soonest), err
}

// more reports whether a sweep that left something due is followed by another at
// once. Now and then deaths are handed out in between.
func (s *shard) more() bool {
	const inARow = 10
	s.mu.Lock()
	defer s.mu.Unlock()
	s.row++
	s.wanted = true
	return s.row%inARow != 0
}

// sweep sweeps the shard and keeps the result.
func (s *shard) sweep(ctx context.Context) (driver.SweepResult, error) {
	ctx, cancel := s.m.config.limit(ctx)
	defer cancel()
	began := time.Now()
	r, err := s.m.reaper.Sweep(ctx, s.n, driver.SweepOptions{
		Interval:  s.m.config.Interval,
		LastSweep: s.lastSweep().Now,
		Forbidden: s.m.forbids(),
	})
	var dropped int64 // since the sweep before
	s.mu.Lock()
	s.answers, s.wanted = err == nil, false
	if err == nil {
		if !s.received.IsZero() {
			dropped = r.Dropped - s.last.Dropped
		}
		s.last, s.received = r, began
		s.clock.set(r.Now, began, s.m.traits.Heartbeat())
		s.note(r.Note)
	}
	s.mu.Unlock()
	s.tell()
	if dropped > 0 {
		s.m.events.emit(Event{Kind: Dropped, Count: dropped})
	}
	for _, id := range r.Detected {
		s.m.events.emit(Event{Kind: Detected, ID: id})
	}
	return r, err
}

// tell wakes those that wait for a sweep of the shard.
func (s *shard) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.swept)
	s.swept = make(chan struct{})
}

// report hands out as many of the deaths that are ready in the shard as the grace,
// the guard and the free places allow. It returns when to try again.
func (s *shard) report(ctx context.Context, r driver.SweepResult, handlers *handlers) (again time.Duration, err error) {
	interval := s.m.config.Interval
	if s.m.config.DryRun || r.Ready == 0 || s.inGrace(r) || !handlers.takes() {
		return interval, nil
	}
	s.wait(true)
	v, err := s.m.guard.judge(ctx, s)
	s.wait(false)
	if err != nil || v.paused {
		return interval, err
	}
	o := driver.ClaimOptions{Lease: s.m.config.Lease, Before: v.before}
	places, reserved := handlers.reserve(r.Ready), 0
	switch {
	case places == 0:
		return v.again, nil
	case s.m.config.Probe != nil: // it decides
		o.Before, o.Max = time.Time{}, places
	default:
		reserved, err = s.m.guard.reserve(ctx, v, places)
		if err != nil {
			handlers.release(places)
			return v.again, err
		}
		if o.Max = reserved; reserved == 0 {
			o.Expired, o.Max = true, places
		}
		handlers.release(places - o.Max)
	}
	claimed, err := s.claim(ctx, handlers, o)
	if err != nil {
		claimed = reserved // as far as is known
	}
	if reserved > 0 {
		s.m.guard.settle(ctx, v, reserved, claimed)
	}
	return v.again, err
}

// claim fills the reserved places. It does not stop with ctx: a claim whose
// answer is not awaited would keep its deaths from others for a lease.
func (s *shard) claim(ctx context.Context, handlers *handlers, o driver.ClaimOptions) (int, error) {
	ctx, cancel := s.m.config.limit(context.WithoutCancel(ctx))
	defer cancel()
	claimed := time.Now()
	deaths, err := s.m.reaper.Claim(ctx, s.n, o)
	deaths = deaths[:min(len(deaths), o.Max)]
	handlers.release(o.Max - len(deaths))
	s.mu.Lock()
	s.last.Ready -= len(deaths)
	s.last.Leased += len(deaths)
	s.mu.Unlock()
	for _, d := range deaths {
		handlers.handle(s, d, claimed)
	}
	return len(deaths), err
}

// want asks for a sweep, by a follower too.
func (s *shard) want() {
	s.mu.Lock()
	s.wanted = true
	s.mu.Unlock()
	s.sweepSoon()
}

func (s *shard) isWanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted
}

func (s *shard) lastErr() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// wait marks the shard as waiting for the guard: its counts are of this moment,
// and it cannot be swept again before the guard has spoken.
func (s *shard) wait(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits = is
}

func (s *shard) answering() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers
}

// sweepPatience is the longest time between two sweeps that begins no grace.
func (m *Monitor) sweepPatience() time.Duration { return m.traits.Patience(m.config.Interval) }

// isLate reports whether a shard, which is locked, was not swept for so long that
// the next sweep begins a grace, though its server may answer.
func (s *shard) isLate() bool {
	return !s.received.IsZero() && time.Since(s.received) > s.m.sweepPatience()
}

func (s *shard) lastSweep() driver.SweepResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// now returns the time by the clock of the home shard, which its sweeps or those of
// the leader tell. It is zero before the first.
func (m *Monitor) now() time.Time { return m.clock().now() }

func (m *Monitor) clock() clock {
	s := m.home()
	s.mu.Lock()
	c := s.clock
	s.mu.Unlock()
	m.turns.mu.Lock()
	defer m.turns.mu.Unlock()
	if !m.turns.leads && m.turns.since.After(c.read) {
		return clock{m.latest.seen().Now, m.turns.since, m.config.Interval}
	}
	return c
}

// wakeReady wakes the shards in which deaths wait for a place.
func (m *Monitor) wakeReady() {
	for _, s := range m.shards {
		if s.lastSweep().Ready > 0 {
			s.want()
		}
	}
}
