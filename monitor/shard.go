package monitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// leastWait is the shortest wait between two sweeps that nothing asks for. It bounds
// what a large fleet costs the store, and is a small part of what P1 allows.
const leastWait = 5 * time.Millisecond

// shard watches one shard of the store.
type shard struct {
	m    *Monitor
	n    int
	wake chan struct{} // asks for a sweep now

	leases *leases

	mu sync.Mutex
	shardState
}

// shardState is all that changes of a shard.
type shardState struct {
	last          driver.SweepResult
	sweptAt       time.Time // when the last sweep that succeeded began, by the clock of this machine
	clock         clock
	nextSweep     chan struct{} // closed when it has ended
	wanted        bool          // a follower sweeps too
	waitsForGuard bool
	sweepsInARow  int   // sweeps that left something due
	answers       bool  // the last call succeeded
	err           error // of the last step
	noteText      string
}

func newShard(m *Monitor, n int) *shard {
	return &shard{
		m: m, n: n, wake: make(chan struct{}, 1),
		leases:     &leases{m: m, held: make(map[*lease]bool)},
		shardState: shardState{nextSweep: make(chan struct{})},
	}
}

// state returns the state of this moment.
func (s *shard) state() shardState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shardState
}

// update changes the state in one step.
func (s *shard) update(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// watch sweeps the shard until ctx has ended or the store was closed, which is
// the error that it returns.
func (s *shard) watch(ctx context.Context, handlers *pool) error {
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
		news := (s.state().err == nil) != (err == nil)
		s.update(func() { s.err = err })
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

// followerSleep is how long a follower sleeps unless it is woken.
const followerSleep = time.Hour

// step sweeps once, claims the deaths that may be handed out, and returns how long to
// wait for the next step. A follower sweeps only if that is wanted, and again
// until it has no error to tell of.
func (s *shard) step(ctx context.Context, handlers *pool) (time.Duration, error) {
	leads, interval, now := s.m.leads(), s.m.config.Interval, s.state()
	if !leads && !now.wanted && now.err == nil {
		return followerSleep, nil
	}
	r, err := s.sweep(ctx)
	switch {
	case err != nil:
		return interval, err
	case r.Next <= 0 && s.sweepsAgain():
		return 0, nil
	}
	home := s == s.m.home()
	if home {
		s.m.noticeGrace()
	}
	again, err := s.claimReady(ctx, r, handlers)
	switch {
	case !leads && err != nil:
		return interval, err
	case !leads:
		return followerSleep, nil
	}
	wait := min(r.Next, interval, again)
	if home {
		s.m.guard.watch(ctx, s)
		s.m.noticeAgreed()
		s.m.owner.askIfDue(ctx)
		wait = min(wait, s.m.traits.Heartbeat()/looksPerBeat)
	}
	if left := r.GraceEnd.Sub(r.Now); left > 0 {
		wait = min(wait, left)
	}
	return max(wait, min(leastWait, s.m.patience()/4)), err
}

// sweepsAgain reports whether a sweep that left something due is followed by another at
// once. After every ten, deaths are claimed in between.
func (s *shard) sweepsAgain() bool {
	const inARow = 10
	s.update(func() { s.sweepsInARow, s.wanted = s.sweepsInARow+1, true })
	return s.state().sweepsInARow%inARow != 0
}

// sweep sweeps the shard and keeps the result.
func (s *shard) sweep(ctx context.Context) (driver.SweepResult, error) {
	ctx, cancel := s.m.config.limit(ctx)
	defer cancel()
	began := time.Now()
	r, err := s.m.reaper.Sweep(ctx, s.n, driver.SweepOptions{
		Interval:  s.m.config.Interval,
		LastSweep: s.state().last.Now,
		Forbidden: s.m.forbids(),
	})
	var dropped int64 // since the sweep before
	s.update(func() {
		s.answers, s.wanted = err == nil, false
		if err == nil {
			if !s.sweptAt.IsZero() {
				dropped = r.Dropped - s.last.Dropped
			}
			s.last, s.sweptAt = r, began
			s.clock.set(r.Now, began, s.m.traits.Heartbeat())
			s.seeNote(r.Note)
		}
		close(s.nextSweep)
		s.nextSweep = make(chan struct{})
	})
	if dropped > 0 {
		s.m.events.emit(Event{Kind: Dropped, Count: dropped})
	}
	for _, id := range r.Detected {
		s.m.events.emit(Event{Kind: Detected, ID: id})
	}
	return r, err
}

// want asks for a sweep, by a follower too.
func (s *shard) want() {
	s.update(func() { s.wanted = true })
	s.sweepSoon()
}

// waitForGuard marks the shard as waiting for the guard: its counts are of this moment,
// and it cannot be swept again before the guard has spoken.
func (s *shard) waitForGuard(is bool) { s.update(func() { s.waitsForGuard = is }) }

// patience is the longest time between two sweeps that begins no grace.
func (m *Monitor) patience() time.Duration { return m.traits.Patience(m.config.Interval) }

// isLate reports whether the shard was not swept for so long that the next sweep begins
// a grace, though its server may answer.
func (s shardState) isLate(patience time.Duration) bool {
	return !s.sweptAt.IsZero() && time.Since(s.sweptAt) > patience
}

// awaited reports whether no sweep that began after a time has ended, and none has failed.
func (s *shard) awaited(since time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err == nil && s.sweptAt.Before(since)
}

// didNotAnswer records that a call to the shard failed.
func (s *shard) didNotAnswer() { s.update(func() { s.answers = false }) }
