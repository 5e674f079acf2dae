package monitor

import (
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// grain is by how much two readings of the same deadline may differ, besides the
// time that the readings took.
const grain = 10 * time.Millisecond

// silence is the one that a member of the panel is in. Times are by the clock of the
// store.
type silence struct {
	began     time.Time // when the member was last heard from; zero: it was not, since it joined
	ttl       time.Duration
	announced bool // ttl was granted once, by SetOnlineFor or RefreshFor
	withdrawn bool // the next move of the deadline is no heartbeat
	deadline  time.Time
	blur      time.Duration // by how much the deadline may be wrong
	seen      time.Time     // when the member was last looked at
}

// sight records a sighting at now of a member whose usual TTL is ttl. If the member
// was heard from since the one before, it returns the silence that has ended, and
// when.
func (s *silence) sight(state driver.State, remaining time.Duration, now time.Time, blur, ttl time.Duration) (ended silence, at time.Time, ok bool) {
	last := *s
	s.seen = now
	if state != driver.Online {
		return last, at, false
	}
	deadline := now.Add(remaining)
	if deadline.Sub(last.deadline).Abs() <= grain+blur+last.blur {
		return last, at, false
	}
	s.deadline, s.blur = deadline, blur
	if last.deadline.IsZero() {
		return last, at, false
	}
	if s.withdrawn {
		s.withdrawn = false
		return last, at, false
	}
	s.began, s.ttl, s.announced = deadline.Add(-ttl), ttl, false
	if slack := grain + blur; s.began.After(now.Add(slack)) || s.began.Before(last.seen.Add(-slack)) {
		s.began, s.ttl, s.announced = last.seen, deadline.Sub(last.seen), true // a TTL for once
	}
	return last, s.began, !last.began.IsZero() && s.began.After(last.began)
}
