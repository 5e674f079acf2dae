package monitor

import (
	"math"
	"time"

	"github.com/molecule-ai/liveness/store"
)

const (
	// lossMemory is the time constant, in heartbeats, with which counts of heartbeats fade:
	// after it a count weighs 1/e of what it did.
	lossMemory = 10

	// expectedMistakes is how many living workspaces of a fleet may be handed out, by
	// expectation, at one look, because of lost heartbeats.
	expectedMistakes = 1e-6
)

// counts are heartbeats: those heard, and those missed in silences that ended by
// themselves.
type counts struct{ got, missed float64 }

// learnLoss updates the loss of heartbeats in the shared state from the panel of the
// monitor that leads, and returns the counts that it has added. In quiet times
// there is nothing to write.
func (p *panel) learnLoss(s *shared, m *Monitor, now time.Time) (added counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !m.leads() {
		return added
	}
	fade := func(since time.Time) float64 {
		if since.IsZero() {
			return 1
		}
		passed := max(0, now.Sub(since)) // a clock that was put back fades nothing
		return math.Exp(-float64(passed) / float64(lossMemory*m.traits.Heartbeat()))
	}
	f := fade(p.faded)
	p.got, p.missed, p.faded = p.got*f, p.missed*f, now
	f = fade(s.LossAt)
	got, missed := s.Got*f+p.got, s.Missed*f+p.missed
	switch spread := p.missers(now.Add(-lossMemory*m.traits.Heartbeat())) > 1; {
	case s.Missed*f < 0.1 && !spread || missed == 0:
		if s.Loss > 0 {
			s.Loss, s.Got, s.Missed = 0, 0, 0
		}
		if p.known && (p.beat-s.Beat).Abs() > p.beat/5 {
			s.Beat = p.beat
		}
		return added
	case now.Sub(s.LossAt) < m.traits.Heartbeat()/6:
		return added
	}
	s.Got, s.Missed, s.LossAt = got, missed, now
	s.Loss, s.Beat = min(missed/(got+missed), p.missedOfLate(now, p.beat)), p.beat
	return p.counts
}

// takeBack takes back counts that are in the shared state.
func (p *panel) takeBack(c counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got, p.missed = max(0, p.got-c.got), max(0, p.missed-c.missed)
}

// missers returns how many members missed heartbeats and were heard again since
// then. One alone may have been busy; a path loses the heartbeats of several.
func (p *panel) missers(since time.Time) (n int) {
	for _, x := range p.members {
		if x.missed.After(since) {
			n++
		}
	}
	return n
}

// missedOfLate returns the upper bound of the part of the heartbeats that were
// missed within the last three intervals: a loss that is over is forgotten
// soon.
func (p *panel) missedOfLate(now time.Time, interval time.Duration) float64 {
	const of = 3
	due, got := 0.0, 0.0
	for _, x := range p.members {
		for len(x.beats) > 0 && now.Sub(x.beats[0]) > of*interval {
			x.beats = x.beats[1:]
		}
		if !x.since.IsZero() && now.Sub(x.since) > of*interval {
			due += of
			got += min(of, float64(len(x.beats)))
		}
	}
	if due == 0 {
		return 1
	}
	return 1 - lowerBound(got, due)
}

// unexplainedBefore returns the latest deadline of a death that lost heartbeats do
// not explain. The chance that n of them in a row are lost is lossⁿ, and a fleet
// of that size may expect fewer such silences than expectedMistakes. It is zero if no
// heartbeats are lost.
func unexplainedBefore(a shared, f fleet, now time.Time, ttl time.Duration) time.Time {
	size := float64(f.online + f.fresh)
	if a.Loss <= 0 || size == 0 {
		return time.Time{}
	}
	missed := math.Log(expectedMistakes/size) / math.Log(min(a.Loss, 0.999999))
	explained := time.Duration(min(missed*float64(a.Beat), float64(store.MaxTTL)))
	if explained <= ttl {
		return time.Time{}
	}
	return now.Add(ttl - explained)
}
