package monitor

import (
	"sync"
	"time"
)

// noticed is what a monitor has last told of what goes on in all shards, so
// that it tells of each change once, however many shards there are.
type noticed struct {
	mu    sync.Mutex
	lost  time.Time // when the store was lost, by the clock of this machine; zero: it is there
	grace time.Time // when the grace began, by the clock of the store
	hold  time.Time // when the hold began, likewise; zero: there is none
	pause bool
}

func (n *noticed) graceSince() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.grace
}

// outage reports whether some shard does not answer.
func (m *Monitor) outage() bool { return m.failing() != nil }

// failing returns why some shard does not answer, or nil.
func (m *Monitor) failing() error {
	m.turns.mu.Lock()
	err := m.turns.err
	m.turns.mu.Unlock()
	for _, s := range m.shards {
		if failed := s.lastErr(); failed != nil {
			err = failed
		}
	}
	return err
}

// noticeOutage tells when the first shard stops answering and when the last one
// answers again.
func (m *Monitor) noticeOutage() {
	n := &m.noticed
	n.mu.Lock()
	failed := m.failing()
	since := n.lost
	switch {
	case failed != nil && since.IsZero():
		n.lost = time.Now()
	case failed == nil:
		n.lost = time.Time{}
	}
	n.mu.Unlock()
	switch {
	case failed != nil && since.IsZero():
		m.events.emit(Event{Kind: StoreLost, Err: failed})
	case failed == nil && !since.IsZero():
		m.events.emit(Event{Kind: StoreBack, Took: time.Since(since)})
	}
}

// noticeGrace tells of the first shard that is in a grace and of the last one
// that is no more.
func (m *Monitor) noticeGrace() {
	until := m.grace()
	now := m.now()
	if now.IsZero() {
		return
	}
	n := &m.noticed
	n.mu.Lock()
	since := n.grace
	switch {
	case !until.IsZero() && since.IsZero():
		n.grace = now
	case until.IsZero():
		n.grace = time.Time{}
	}
	n.mu.Unlock()
	switch {
	case !until.IsZero() && since.IsZero():
		m.events.emit(Event{Kind: GraceBegan, Until: until})
	case until.IsZero() && !since.IsZero():
		m.events.emit(Event{Kind: GraceEnded, Took: now.Sub(since)})
	}
}

// grace returns until when some shard is in a grace, zero if none is.
func (m *Monitor) grace() (until time.Time) {
	if !m.leads() {
		if a := m.agreed(); m.now().Before(a.GraceEnd) {
			until = a.GraceEnd
		}
		return until
	}
	for _, s := range m.shards {
		r := s.lastSweep()
		if s.inGrace(r) && r.GraceEnd.After(until) {
			until = r.GraceEnd
		}
	}
	return until
}

// noticeAgreed tells of holds and pauses.
func (m *Monitor) noticeAgreed() {
	a, now := m.agreed(), m.now()
	holds := a.holds()
	paused := a.paused(now)
	n := &m.noticed
	n.mu.Lock()
	since, was := n.hold, n.pause
	switch {
	case holds && since.IsZero():
		n.hold = a.Hold
	case !holds:
		n.hold = time.Time{}
	}
	n.pause = paused
	n.mu.Unlock()
	switch {
	case holds && since.IsZero():
		m.events.emit(Event{Kind: HoldBegan, Count: int64(a.Silent), Reason: a.Reason})
	case !holds && !since.IsZero():
		m.events.emit(Event{Kind: HoldEnded, Took: now.Sub(since), Reason: a.Reason})
	}
	switch {
	case paused && !was:
		m.events.emit(Event{Kind: Paused, Until: a.PauseUntil, Reason: a.PauseReason})
	case was && !paused:
		m.events.emit(Event{Kind: Resumed})
	}
}

// holds reports whether nothing is handed out because heartbeats do not arrive.
func (s shared) holds() bool { return !s.Hold.IsZero() && s.Spent.IsZero() }

// forbids reports whether deaths wait because of a hold, a slow start or a pause.
func (m *Monitor) forbids() bool {
	a := m.agreed()
	return a.holds() || a.Drain && a.Slow || a.paused(m.now())
}
