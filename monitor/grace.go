package monitor

import (
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// inGrace reports whether nothing is handed out in the shard. A grace goes on after
// its end until the workspaces that the owner does not expect are forgotten.
func (s *shard) inGrace(r driver.SweepResult) bool {
	if r.Now.Before(r.GraceEnd) {
		return true
	}
	if !s.m.asksOwner() || r.GraceEnd.IsZero() {
		return false
	}
	wait := min(ownerTimeout, s.m.traits.Liveness())
	return s.m.agreed().Settled.Before(r.GraceEnd) && r.Now.Before(r.GraceEnd.Add(wait))
}

// graceState reports whether a shard is in a grace, and the latest end of those
// that are over.
func (m *Monitor) graceState(now time.Time) (grace bool, ended time.Time) {
	for _, s := range m.shards {
		s := s.state()
		switch end := s.last.GraceEnd; {
		case !s.answers:
		case now.Before(end):
			grace = true
		case end.After(ended):
			ended = end
		}
	}
	return grace, ended
}

// graceUntil returns until when some shard is in a grace, zero if none is.
func (m *Monitor) graceUntil() (until time.Time) {
	if !m.leads() {
		if a := m.agreed(); m.now().Before(a.GraceEnd) {
			until = a.GraceEnd
		}
		return until
	}
	for _, s := range m.shards {
		r := s.state().last
		if s.inGrace(r) && r.GraceEnd.After(until) {
			until = r.GraceEnd
		}
	}
	return until
}
