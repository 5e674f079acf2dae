package monitor

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// sight records a sighting of a member. A deadline that has moved means that the
// member was heard from.
func (p *panel) sight(m *Monitor, x *member, id string, seen driver.Sighting, now time.Time, blur time.Duration) {
	x.state = seen.State
	if seen.State != driver.Online {
		return
	}
	deadline := now.Add(seen.Remaining)
	heard := deadline.Add(-m.ttlOf(id))
	announced := heard.After(now) // a longer silence
	if announced {
		heard = now
	}
	if x.since.IsZero() || announced {
		x.since = cmp.Or(x.since, now)
		x.heard, x.deadline, x.blur = heard, deadline, blur
		return
	}
	switch {
	case deadline.Sub(x.deadline).Abs() < m.traits.Heartbeat()/4+x.blur+blur:
		return // it was not heard from, or the answers came too late to tell
	case heard.Before(p.looked): // by a TTL that the store does not know
		heard = now
	}
	if p.watched && heard.After(x.heard) && p.gap(heard.Sub(x.heard)) {
		x.missed = heard
	}
	x.heard, x.deadline, x.blur = heard, deadline, blur
	const kept = 8 // more than the last three intervals have
	if len(x.beats) == kept {
		x.beats = append(x.beats[:0], x.beats[kept/2:]...)
	}
	x.beats = append(x.beats, heard)
}

// gap records a silence that has ended by itself, and reports whether
// heartbeats were missed in it.
func (p *panel) gap(gap time.Duration) bool {
	if p.add(gap); !p.known {
		return false // how often workspaces are heard from is not known yet
	}
	missed := max(0, math.Round(float64(gap)/float64(p.beat))-1)
	p.got++
	p.missed += missed
	return missed > 0
}

// enoughGaps is how many gaps tell how often workspaces are heard from.
const enoughGaps = 5

// intervals learns how often workspaces are heard from, where that is less
// often than the store was told.
type intervals struct {
	recent []time.Duration // the last gaps between heartbeats
	beat   time.Duration   // the interval
	known  bool            // it is more than an assumption
}

func (i *intervals) add(gap time.Duration) {
	const most = 256
	if len(i.recent) == most {
		i.recent = append(i.recent[:0], i.recent[most/2:]...)
	}
	i.recent = append(i.recent, gap)
}

// learnBeat sets the interval. It is the gap that a fifth of the gaps do not exceed, because
// lost heartbeats lengthen the others, and no less than the heartbeat of the store.
// Before enough gaps are known it is that of the monitors before.
func (i *intervals) learnBeat(m *Monitor) {
	least, before := m.traits.Heartbeat(), m.agreed().Beat
	i.known = len(i.recent) >= enoughGaps || before > 0
	i.beat = max(least, before)
	if len(i.recent) >= enoughGaps {
		sorted := slices.Sorted(slices.Values(i.recent))
		i.beat = max(least, min(sorted[len(sorted)/5], m.traits.Liveness()*2/3))
	}
}
