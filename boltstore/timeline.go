package boltstore

import (
	"time"

	"github.com/molecule-ai/liveness/internal/clock"
)

// timeline is the clock of a file: the time since it was made. It goes on in the next
// process, and never steps back.
type timeline struct {
	clock clock.Clock
	base  time.Duration
	began time.Time // the time of day when it was 0
}

// resume continues a timeline that stood at now. Its time of day never steps
// back either: began moves only forward, once a clock is right that was behind
// when the file was made.
func resume(c clock.Clock, now time.Duration, began time.Time) timeline {
	if t := c.Wall().Add(-now).Truncate(time.Millisecond); t.After(began) {
		began = t
	}
	return timeline{c, now - c.Mono(), began}
}

func (t timeline) now() time.Duration { return t.base + t.clock.Mono() }

// stamp returns a stamp with the times of a transaction at now.
func (t timeline) stamp(now time.Duration) stamp {
	s := stamp{now: now, began: t.began, wall: t.clock.Wall()}
	if boot, since, ok := t.clock.Boot(); ok {
		s.boot, s.sinceBoot = boot, since
	}
	return s
}

// elapsed returns the time since the stamp, 0 or more, by the best clock there is, and
// whether that clock is behind the stamp.
func elapsed(c clock.Clock, s stamp) (passed time.Duration, behind bool) {
	passed = c.Wall().Sub(s.wall)
	if boot, since, ok := c.Boot(); ok && boot == s.boot {
		passed = since - s.sinceBoot
	}
	return max(0, passed), passed < 0
}
