package doctor

import "time"

const mendClock = "Set the clock that is wrong and keep it right: chronyc makestep, or timedatectl set-ntp true."

// judgeClock judges a clock that is ahead of another, or behind if ahead is negative,
// by so much, give or take doubt.
func judgeClock(o Options, ahead, doubt time.Duration, other string) Finding {
	const slight = time.Second
	off := max(0, ahead.Abs()-doubt)
	side := "ahead of"
	if ahead < 0 {
		side = "behind"
	}
	ahead = ahead.Abs().Round(time.Millisecond)
	switch {
	case off >= o.heartbeat():
		return bad(Wrong, mendClock, "the clock is %v %s %s, more than a heartbeat: where the time changes hands, the living look dead or the dead alive for as long", ahead, side, other)
	case off >= slight:
		return bad(Warning, mendClock, "the clock is %v %s %s", ahead, side, other)
	}
	return ok("the clock agrees with %s to %v", other, max(time.Millisecond, ahead+doubt.Round(time.Millisecond)))
}
