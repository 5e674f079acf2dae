package monitor

import (
	"context"
	"time"
)

// fleet is the sum of the last sweeps, each count as in [driver.SweepResult].
type fleet struct {
	online, ready, fresh, leased, delayed, recent int // of the shards that answer

	returned, dropped int64     // of all shards
	oldest            time.Time // the earliest OldestReady; zero: none is ready
	graceEnd          time.Time // the latest
	blind             bool      // some shard does not answer, or was not swept for too long
}

// fleet returns the counts as they are known.
func (m *Monitor) fleet() (f fleet) {
	for _, s := range m.shards {
		s := s.state()
		r := s.last
		f.blind = f.blind || s.isLate(m.patience())
		f.dropped += r.Dropped
		f.returned += r.Returned
		if !s.answers {
			f.blind = true
			continue
		}
		f.online += r.Online
		f.ready += r.Ready
		f.fresh += r.Fresh
		f.leased += r.Leased
		f.delayed += r.Delayed
		f.recent += r.Recent
		if f.oldest.IsZero() || !r.OldestReady.IsZero() && r.OldestReady.Before(f.oldest) {
			f.oldest = r.OldestReady
		}
		if r.GraceEnd.After(f.graceEnd) {
			f.graceEnd = r.GraceEnd
		}
	}
	return f
}

// recount has the shards swept whose counts are older than age, so that deaths
// are judged by those of all shards. It does not wait long for a shard whose
// server does not answer, and not at all once that is known.
func (m *Monitor) recount(ctx context.Context, age time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, m.callTimeout())
	defer cancel()
	var awaited []<-chan struct{}
	for _, s := range m.shards {
		if swept := s.freshen(age); swept != nil {
			awaited = append(awaited, swept)
		}
	}
	for _, swept := range awaited {
		select {
		case <-ctx.Done():
			return
		case <-swept:
		}
	}
}

// freshen asks for a sweep if the counts of the shard are older than age, and returns
// a channel that is closed after it. It returns nil if they are younger or cannot be had.
func (s *shard) freshen(age time.Duration) <-chan struct{} {
	now := s.state()
	if !now.answers || now.waitsForGuard || time.Since(now.sweptAt) <= age {
		return nil
	}
	s.want()
	return now.nextSweep
}

// onlineByShard returns how many workspaces are online in each shard and in all. A
// shard that was never swept counts as those that were do on average.
func (m *Monitor) onlineByShard() (online []int, all int) {
	online = make([]int, len(m.shards))
	var unknown []int
	for n, s := range m.shards {
		r := s.state().last
		if r.Now.IsZero() {
			unknown = append(unknown, n)
		}
		online[n] = r.Online
		all += r.Online
	}
	mean := all / max(1, len(m.shards)-len(unknown))
	for _, n := range unknown {
		online[n] = mean
	}
	return online, all + mean*len(unknown)
}
