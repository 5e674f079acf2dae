package monitor

import (
	"context"
	"math"
	"time"
)

// fleet is what all shards count together. A shard whose server does not
// answer counts by its size alone.
type fleet struct {
	size    int // the online and the late
	late    int
	waiting int
	storm   time.Time // when the storm began; zero: there is none
	before  int       // size when it began
}

func (m *Monitor) fleet() fleet {
	var f fleet
	for _, s := range m.shards {
		s.mu.Lock()
		last, answers := s.last, s.answers
		s.mu.Unlock()
		f.size += last.Online + last.Late
		if !answers {
			continue
		}
		f.late += last.Late
		f.waiting += last.Waiting
		if n := last.agreed; !n.Storm.IsZero() && (f.storm.IsZero() || n.Storm.Before(f.storm)) {
			f.storm, f.before = n.Storm, n.Fleet
		}
	}
	return f
}

// stormy reports whether too large a part of the fleet died.
func (c Storm) stormy(f fleet) bool {
	return f.late >= c.Floor && float64(f.late) > c.Share*float64(f.size)
}

// spent reports whether what is left of a storm needs no guard: nothing, or
// little that has waited out the hold.
func (c Storm) spent(f fleet, held bool) bool {
	return f.late < c.Floor && (f.waiting == 0 || held && f.waiting < max(c.Floor, c.drip(f)))
}

// drip returns how many deaths of the fleet are let through per interval.
func (c Storm) drip(f fleet) int {
	return max(1, int(c.Drip*float64(max(f.size, f.before))))
}

func (c Storm) hold(ttl time.Duration) time.Duration {
	if c.Hold > 0 {
		return c.Hold
	}
	return ttl
}

// allowance is how many deaths of a shard may be handed out now.
type allowance struct {
	most   int
	random bool
	again  time.Duration // ask again within this time
}

// allow returns what the storm guard allows, and leaves the state of the storm
// in the note of the shard. If another monitor wrote first, nothing is allowed
// until the next sweep has read what it wrote.
func (s *shard) allow(ctx context.Context, sweep seen) (allowance, error) {
	f, guard, n := s.m.fleet(), s.m.config.Storm, sweep.agreed
	interval := s.m.config.interval(sweep.TTL)
	a := allowance{again: interval}
	left := f.storm.Add(guard.hold(sweep.TTL)).Sub(sweep.Now) // of the hold
	switch {
	case f.storm.IsZero() && !guard.stormy(f):
		a.most = math.MaxInt
	case f.storm.IsZero():
		n.Storm, n.Fleet, n.Dripped = sweep.Now, f.size, time.Time{}
	case guard.spent(f, left <= 0):
		n.Storm, n.Fleet, n.Dripped = time.Time{}, 0, time.Time{}
		a.most = math.MaxInt
	case n.Storm.IsZero():
		n.Storm, n.Fleet = f.storm, f.before
	case sweep.Waiting > 0:
		share := float64(guard.drip(f)) * float64(sweep.Waiting) / float64(max(sweep.Waiting, f.waiting))
		period := time.Duration(float64(interval) * max(1, 1/share))
		a.again = max(left, n.Dripped.Add(period).Sub(sweep.Now))
		if a.again <= 0 {
			n.Dripped = sweep.Now
			a = allowance{most: max(1, int(share)), random: true, again: period}
		}
	}
	if n == sweep.agreed {
		return a, nil
	}
	agreed, err := s.agree(ctx, sweep.Note, n)
	if err != nil || !agreed {
		a.most = 0
	}
	return a, err
}

// recount has the other shards swept, so that a storm is seen by all of them
// before the first death is handed out. It does not wait long: the server of a
// shard may not answer.
func (m *Monitor) recount(ctx context.Context, but *shard) {
	const patience = 25 * time.Millisecond
	if len(m.shards) == 1 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	but.mu.Lock()
	since := but.began.Add(-soonest)
	but.mu.Unlock()
	for _, s := range m.shards {
		if fresh, _ := s.countedSince(since); !fresh && s != but {
			s.sweepSoon()
		}
	}
	for _, s := range m.shards {
		fresh, swept := s.countedSince(since)
		for s != but && !fresh && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-swept:
				fresh, swept = s.countedSince(since)
			}
		}
	}
}

// countedSince reports whether a sweep that began after since has found all
// that was due, or the shard's server does not answer. If neither, swept is
// closed after the next sweep.
func (s *shard) countedSince(since time.Time) (fresh bool, swept <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.answers && !s.began.IsZero() || s.began.After(since) && s.last.Next > 0, s.swept
}

// logStorm tells of the beginning and the end of a storm.
func (m *Monitor) logStorm() {
	f := m.fleet()
	storming := !f.storm.IsZero()
	switch {
	case m.storming.Swap(storming) == storming:
	case storming:
		m.config.Logger.Error("liveness: storm: so many workspaces died at once that nothing is reported for now",
			"late", f.late, "fleet", f.size, "since", f.storm)
	default:
		m.config.Logger.Info("liveness: the storm is over")
	}
}
