package advise

import (
	"time"

	"github.com/molecule-ai/liveness/monitor"
)

// observed is the silences of several days together.
type observed struct {
	heartbeat time.Duration
	watched   time.Duration
	online    float64 // workspaces, on average
	days      float64 // of the silences of all workspaces, one after another
	longest   time.Duration
	died      float64
	held      int64
	atLeast   func(time.Duration) float64
}

// observe adds up the days that are wanted.
func observe(s monitor.Silences, wanted func(monitor.Day) bool) observed {
	o := observed{heartbeat: s.Heartbeat}
	var days []monitor.Day
	for _, d := range s.Days {
		if !wanted(d) || d.Watched <= 0 {
			continue
		}
		days = append(days, d)
		o.watched += d.Watched
		o.online += (d.Online - o.online) * float64(d.Watched) / float64(o.watched)
		o.days += d.Observed / 24
		o.longest = max(o.longest, d.Longest)
		o.died += float64(d.Died)
		o.held += d.Held
	}
	o.atLeast = func(ttl time.Duration) (n float64) {
		for _, d := range days {
			n += float64(s.AtLeast(d, ttl))
		}
		return n
	}
	return o
}

// perDay returns how many of a kind of silence a day of the whole fleet has.
func (o observed) perDay(silences float64) float64 { return silences / o.days * o.online }

// part returns which part of the silences of the fleet was observed.
func (o observed) part() float64 {
	return min(1, o.days/(o.online*o.watched.Hours()/24))
}
