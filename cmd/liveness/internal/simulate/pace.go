package simulate

import "time"

// pace turns fleet time into real time. Fleet time is 0 when the run begins.
type pace struct {
	start time.Time
	speed time.Duration
}

func startPace(speed int) pace { return pace{time.Now(), time.Duration(speed)} }

func (p pace) now() time.Duration { return time.Since(p.start) * p.speed }

// at returns a channel on which something arrives at the given fleet time.
func (p pace) at(t time.Duration) <-chan time.Time {
	return time.After(t/p.speed - time.Since(p.start))
}
