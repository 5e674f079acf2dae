package monitor

import (
	"fmt"
	"time"
)

// mostOfTheFleet is the silent part of the fleet from which the path of the heartbeats is a
// likelier cause than the workspaces. A hold may then last for Hold.Most.
const mostOfTheFleet = 0.5

// updateHold takes the hold from state to state, as the package comment draws them.
func (g *guard) updateHold(s *shared, f fleet, now time.Time) {
	e := g.evidence()
	unknown := s.Alarm && !g.watched() // the evidence may have ended a moment ago
	switch {
	case (e.strong || unknown) && now.Sub(s.Evidence) > g.m.traits.Heartbeat()/10:
		if s.Evidence, s.Alarm = now, true; e.strong && s.Hold.IsZero() {
			s.Silent = e.silent
		}
	case now.Sub(s.Evidence) > g.calm():
		s.Alarm = false
	}
	if s.Hold.IsZero() && f.fresh > 0 && (e.strong || g.recentEvidence(*s, f)) { // workspaces that the disturbance silenced reach their deadlines after it, too
		s.beginHold(e, f, now)
	}
	if !s.Hold.IsZero() {
		g.continueHold(s, e, unknown, now)
		g.endHold(s, f, now)
	}
	if s.Slow && s.Returned == unknownReturned && !f.blind {
		s.Returned = f.returned
	}
	if s.Hold.IsZero() && f.ready == 0 && f.leased == 0 {
		s.Recovering, s.Reason = false, ""
	}
}

func (s *shared) beginHold(e evidence, f fleet, now time.Time) {
	s.Hold, s.Peak, s.Spent, s.Slow, s.Recovering = now, 0, time.Time{}, false, true
	s.Reason = "many were silent a moment ago"
	if e.strong {
		s.Reason, s.Silent = fmt.Sprintf("%d of %d are silent", e.silent, f.online+f.fresh), e.silent
	}
}

// continueHold looks at which part of the fleet is silent: it lengthens a hold, begins
// one anew that was spent, and ends a slow start.
func (g *guard) continueHold(s *shared, e evidence, unknown bool, now time.Time) {
	if e.part > s.Peak+0.01 {
		if s.Peak < mostOfTheFleet && e.part >= mostOfTheFleet && !s.Spent.IsZero() {
			s.Hold, s.Spent = now, time.Time{} // most of the fleet followed the part
		}
		s.Peak = e.part
	}
	switch {
	case (e.part >= mostOfTheFleet || unknown) && now.Sub(s.MostSilent) > g.m.traits.Heartbeat()/10:
		s.MostSilent = now
	case s.Slow && now.Sub(s.MostSilent) > g.calm():
		s.Slow, s.Peak = false, e.part // most of the fleet is heard from again
	}
}

// endHold ends a hold for want of evidence, or because it has lasted for as long as it
// may. The latter leaves Hold set: the same evidence begins no other hold.
func (g *guard) endHold(s *shared, f fleet, now time.Time) {
	longest := g.m.config.Hold.longest(s.Peak)
	switch {
	case !s.Alarm:
		s.Hold, s.Spent, s.Slow = time.Time{}, time.Time{}, false
		s.Reason = "heartbeats arrive again"
	case s.Spent.IsZero() && now.Sub(s.Hold) > longest:
		s.Spent, s.Slow, s.Fleet = now, s.Peak >= mostOfTheFleet, f.online+f.fresh
		s.Returned, s.Tried = unknownReturned, 0
		s.Reason = fmt.Sprintf("no heartbeats for %v", longest.Round(g.m.traits.Liveness()/100))
	}
}

// holds reports whether nothing is handed out because heartbeats do not arrive.
func (s shared) holds() bool { return !s.Hold.IsZero() && s.Spent.IsZero() }

// startsSlowly reports whether a slow start follows a hold that was spent.
func (s shared) startsSlowly() bool { return s.Recovering && s.Slow }

// forbids reports whether deaths wait because of a hold, a slow start or a pause.
func (m *Monitor) forbids() bool {
	a := m.agreed()
	return a.holds() || a.startsSlowly() || a.paused(m.now())
}
