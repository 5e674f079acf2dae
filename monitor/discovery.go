package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// discovery drives a store that has to search for workspaces which others
// registered.
type discovery struct {
	by store.Discoverer // nil: the store knows every workspace

	mu     sync.Mutex
	began  time.Time // by the clock of the store, as everything here
	passed time.Time // end of the last full pass
	failed bool
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
	now, ttl := m.now()
	if ttl == 0 {
		return m.config.interval(ttl)
	}
	ctx, cancel := m.config.limit(ctx)
	defer cancel()
	found, err := m.discovery.by.Discover(ctx, ttl/2)
	d := &m.discovery
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.began.IsZero() {
		d.began = now
	}
	if err != nil {
		if !d.failed && ctx.Err() == nil {
			m.config.Logger.Error("liveness: the search for workspaces that others registered failed", "error", err)
		}
		d.failed = true
		return m.config.interval(ttl)
	}
	d.passed, d.failed = found.Passed, false
	return max(found.Wait, soonest)
}

// now returns the time of the last sweep and the longest TTL in use, zero if
// no sweep has succeeded yet.
func (m *Monitor) now() (now time.Time, ttl time.Duration) {
	for _, s := range m.shards {
		last := s.lastSeen()
		ttl = max(ttl, last.TTL)
		if last.Now.After(now) {
			now = last.Now
		}
	}
	return now, ttl
}

// status returns when the last full pass ended, and whether a pass takes
// longer than half the longest TTL.
func (d *discovery) status(now time.Time, ttl time.Duration) (passed time.Time, behind bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	since := d.began
	if d.passed.After(since) {
		since = d.passed
	}
	return d.passed, !d.began.IsZero() && now.Sub(since) > ttl/2
}
