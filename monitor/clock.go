package monitor

import "time"

// clock is that of the store, as far as it is known from an answer.
type clock struct {
	at   time.Time     // by the store; zero: it is not known
	read time.Time     // when it was that, by the clock of this machine
	blur time.Duration // by how much that may be wrong
}

// set records the time of an answer to a call that began then. A slow answer
// tells less than the one before.
func (c *clock) set(at, began time.Time, heartbeat time.Duration) {
	took := time.Since(began)
	if c.at.IsZero() || took < heartbeat/8 {
		*c = clock{at, began.Add(took / 2), took / 2}
	}
}

func (c clock) now() time.Time {
	if c.at.IsZero() {
		return c.at
	}
	return c.at.Add(time.Since(c.read))
}

// now returns the time by the clock of the home shard, which its sweeps or those of
// the leader tell. It is zero before the first.
func (m *Monitor) now() time.Time { return m.clock().now() }

func (m *Monitor) clock() clock {
	c := m.home().state().clock
	m.leadership.mu.Lock()
	defer m.leadership.mu.Unlock()
	if !m.leadership.leads && m.leadership.since.After(c.read) {
		return clock{m.latest.seen().Now, m.leadership.since, m.config.Interval}
	}
	return c
}
