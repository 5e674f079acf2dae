package simulate

import (
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// sweeps sums up the sweeps of all monitors.
type sweeps struct {
	pace    pace
	out     span          // time that does not count: no sweep was possible
	allowed time.Duration // without a sweep; a longer time is blind

	mu     sync.Mutex
	shards []swept
}

// swept is one shard of the store. An outage is no time without a sweep.
type swept struct {
	last     time.Duration // when the last sweep ended
	longest  time.Duration // without a sweep
	blind    time.Duration // total of such times that were longer than allowed
	graceEnd time.Time     // by the clock of the store
	graces   int
}

// saw is told of a sweep that ended now. Sweeps of several monitors may be
// told out of order.
func (s *sweeps) saw(shard int, found driver.SweepResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := &s.shards[shard]
	s.pass(x)
	if found.Now.Before(found.GraceEnd) {
		if !found.Now.Before(x.graceEnd) {
			x.graces++
		}
		x.graceEnd = found.GraceEnd
	}
}

func (s *sweeps) pass(x *swept) {
	now := s.pace.now()
	gap := now - x.last - s.out.within(x.last, now)
	x.last = now
	x.longest = max(x.longest, gap)
	if gap > s.allowed {
		x.blind += gap
	}
}

// soFar returns the worst of all shards until now.
func (s *sweeps) soFar() swept {
	s.mu.Lock()
	defer s.mu.Unlock()
	var worst swept
	for i := range s.shards {
		x := &s.shards[i]
		s.pass(x)
		worst.longest = max(worst.longest, x.longest)
		worst.blind = max(worst.blind, x.blind)
		worst.graces = max(worst.graces, x.graces)
	}
	return worst
}
