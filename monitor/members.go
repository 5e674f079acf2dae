package monitor

import (
	"math"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

const (
	// stay is for how many heartbeats a workspace is a member of the panel where not
	// all are: each has its turn, so that its silences are observed.
	stay = 120

	// rotated is which part of a panel leaves at once.
	rotated = 1.0 / 16
)

// turn lets those leave that have been members for the longest time, a few at a time,
// where not all can be members. The panel is locked.
func (p *panel) turn(m *Monitor, now time.Time) {
	if p.turned.After(now) {
		p.turned = now // the clock of the store was put back
	}
	if m.fleet().online <= len(p.members) || now.Sub(p.turned) < time.Duration(rotated*stay*float64(m.traits.Heartbeat())) {
		return
	}
	p.turned = now
	var living []string
	for id, x := range p.members {
		if x.state == driver.Online {
			living = append(living, id)
		}
	}
	slices.SortFunc(living, func(a, b string) int { return p.members[a].since.Compare(p.members[b].since) })
	for _, id := range living[:int(math.Ceil(rotated*float64(len(living))))] {
		delete(p.members, id)
	}
}
