package boltstore

import (
	"time"

	"github.com/molecule-ai/liveness/internal/clock"
)

// timeline is the time since the file was made, as the file knows it: it goes
// on across opens and never steps back.
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

// stamp returns what a transaction at now says about the time.
func (t timeline) stamp(now time.Duration) stamp {
	s := stamp{now: now, began: t.began, wall: t.clock.Wall()}
	if boot, since, ok := t.clock.Boot(); ok {
		s.boot, s.sinceBoot = boot, since
	}
	return s
}

// elapsed returns how much time has passed since the stamp, as well as that
// can be known; never less than 0. The clock may be found behind the stamp.
func elapsed(c clock.Clock, s stamp) (passed time.Duration, behind bool) {
	passed = c.Wall().Sub(s.wall)
	if boot, since, ok := c.Boot(); ok && boot == s.boot {
		passed = since - s.sinceBoot
	}
	return max(0, passed), passed < 0
}
