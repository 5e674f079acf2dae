package monitor

import (
	"sync"
	"time"
)

// noticed holds the beginning of each outage, grace and hold, and the end of each pause,
// that this monitor has reported. So it reports each beginning and each end once, however
// many shards there are.
type noticed struct {
	mu     sync.Mutex
	outage time.Time // when it began, by the clock of this machine; zero: there is none
	grace  time.Time // likewise, by the clock of the store
	hold   time.Time // likewise
	pause  time.Time // when it ends, by the clock of the store; zero: there is none
}

// notice records whether a condition goes on, and when it began. It returns the time known
// before, and whether the condition has just begun or ended. The caller holds the lock of
// noticed.
func notice(known *time.Time, goesOn bool, began time.Time) (since time.Time, news bool) {
	since = *known
	switch {
	case !goesOn:
		*known = time.Time{}
	case since.IsZero():
		*known = began
	}
	return since, goesOn == since.IsZero()
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
	m.leadership.mu.Lock()
	err := m.leadership.err
	m.leadership.mu.Unlock()
	for _, s := range m.shards {
		if failed := s.state().err; failed != nil {
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
	since, news := notice(&n.outage, failed != nil, time.Now())
	n.mu.Unlock()
	switch {
	case !news:
	case failed != nil:
		m.events.emit(Event{Kind: StoreLost, Err: failed})
	default:
		m.events.emit(Event{Kind: StoreBack, Took: time.Since(since)})
	}
}

// noticeGrace tells of the first shard that is in a grace and of the last one
// that is no more.
func (m *Monitor) noticeGrace() {
	until, now, n := m.graceUntil(), m.now(), &m.noticed
	if now.IsZero() {
		return
	}
	n.mu.Lock()
	since, news := notice(&n.grace, !until.IsZero(), now)
	n.mu.Unlock()
	switch {
	case !news:
	case !until.IsZero():
		m.events.emit(Event{Kind: GraceBegan, Until: until})
	default:
		m.events.emit(Event{Kind: GraceEnded, Took: now.Sub(since)})
	}
}

// noticeAgreed tells of holds and pauses.
func (m *Monitor) noticeAgreed() {
	a, now, n := m.agreed(), m.now(), &m.noticed
	holds, paused := a.holds(), a.paused(now)
	n.mu.Lock()
	since, holdNews := notice(&n.hold, holds, a.Hold)
	_, pauseNews := notice(&n.pause, paused, a.PauseUntil)
	n.mu.Unlock()
	switch {
	case !holdNews:
	case holds:
		m.events.emit(Event{Kind: HoldBegan, Count: int64(a.Silent), Reason: a.Reason})
	default:
		m.events.emit(Event{Kind: HoldEnded, Took: now.Sub(since), Reason: a.Reason})
	}
	switch {
	case !pauseNews:
	case paused:
		m.events.emit(Event{Kind: Paused, Until: a.PauseUntil, Reason: a.PauseReason})
	default:
		m.events.emit(Event{Kind: Resumed})
	}
}
