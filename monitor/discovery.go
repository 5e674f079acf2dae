package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// discovery drives a store that has to search for workspaces that other
// programs registered. The monitor that leads does it for all.
type discovery struct {
	by driver.Discoverer // nil: the store knows every workspace

	mu     sync.Mutex
	began  time.Time // by the clock of the store, as everything here
	passed time.Time // end of the last full pass
	failed bool      // the last time
	told   bool      // that it fails
}

// discover has the store search until ctx has ended.
func (m *Monitor) discover(ctx context.Context) {
	if m.discovery.by == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(m.search(ctx)):
		}
	}
}

// search takes one step of the search and returns how long to wait for the
// next.
func (m *Monitor) search(ctx context.Context) time.Duration {
	now, d := m.now(), &m.discovery
	if now.IsZero() || !m.leads() {
		d.mu.Lock()
		d.began = time.Time{} // the leader searches
		d.mu.Unlock()
		return m.config.Interval
	}
	searching, cancel := m.config.limit(ctx)
	defer cancel()
	found, err := d.by.Discover(searching, m.traits.Liveness()/2)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.began.IsZero() {
		d.began = now
	}
	switch {
	case err == nil:
		d.passed, d.failed = found.LastPass, false
		if d.told {
			d.told = false
			m.events.emit(Event{Kind: SearchBack})
		}
		return max(found.Wait, leastWait)
	case d.failed && !d.told && ctx.Err() == nil && !m.outage(): // a sweep may tell of an outage first
		d.told = true
		m.events.emit(Event{Kind: SearchFailed, Err: err})
	}
	d.failed = true
	return m.config.Interval
}

// status returns when the last full pass ended, and whether a pass takes
// longer than half the liveness TTL.
func (d *discovery) status(now time.Time, ttl time.Duration) (passed time.Time, behind bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	since := d.began
	if d.passed.After(since) {
		since = d.passed
	}
	return d.passed, !d.began.IsZero() && now.Sub(since) > ttl/2
}
