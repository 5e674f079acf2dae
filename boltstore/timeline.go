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
}

// resume continues a timeline that stood at now.
func resume(c clock.Clock, now time.Duration) timeline {
	return timeline{c, now - c.Mono()}
}

func (t timeline) now() time.Duration { return t.base + t.clock.Mono() }

// stamp returns what a transaction at now says about the time.
func (t timeline) stamp(now time.Duration) stamp {
	s := stamp{now: now, wall: t.clock.Wall()}
	if boot, since, ok := t.clock.Boot(); ok {
		s.boot, s.sinceBoot = boot, since
	}
	return s
}

// elapsed returns how much time has passed since the stamp, as well as that
// can be known; never less than 0.
func elapsed(c clock.Clock, s stamp) time.Duration {
	if boot, since, ok := c.Boot(); ok && boot == s.boot {
		return max(0, since-s.sinceBoot)
	}
	return max(0, c.Wall().Sub(s.wall))
}
