package monitor

import (
	"context"
	"fmt"
	"time"
)

// testimony is the answer of the second witness.
type testimony int

const (
	saidNothing testimony = iota // there is no Probe, or it failed
	saidAlive
	saidDead
)

// askProbe asks Config.Probe about a death. A workspace that was last heard from too
// long ago is not kept by it, unless heartbeats do not arrive.
func (m *Monitor) askProbe(ctx context.Context, d Death) testimony {
	if m.config.Probe == nil {
		return saidNothing
	}
	select {
	case m.probes <- struct{}{}:
	default:
		err := fmt.Errorf("Config.Probe is not asked: %d calls have not returned", cap(m.probes))
		m.events.emit(Event{Kind: ProbeFailed, ID: d.ID, Attempt: d.Attempt, Err: err})
		return saidNothing
	}
	probing, cancel := context.WithTimeout(ctx, m.config.ProbeTimeout)
	defer cancel()
	is, err := within(probing, "Config.Probe", func() (bool, error) {
		defer func() { <-m.probes }()
		return m.config.Probe(probing, d.ID)
	})
	switch {
	case ctx.Err() != nil:
		return saidNothing
	case err != nil:
		m.events.emit(Event{Kind: ProbeFailed, ID: d.ID, Attempt: d.Attempt, Err: err})
		return saidNothing
	case !is:
		return saidDead
	case m.silentTooLong(d) && m.agreed().Hold.IsZero():
		return saidNothing
	}
	return saidAlive
}

// ttlOf returns the liveness TTL of a workspace.
func (m *Monitor) ttlOf(id string) time.Duration {
	ttl, err := m.traits.TTLs.ForLiveness(id)
	if err != nil {
		return m.traits.Liveness()
	}
	return ttl
}

// silentTooLong reports whether a Probe cannot keep the workspace any longer.
func (m *Monitor) silentTooLong(d Death) bool {
	const times = 5
	ttl := m.ttlOf(d.ID)
	most := m.config.ProbeMost
	if most == 0 {
		most = times * ttl
	}
	heard := d.Since.Add(-ttl)
	return m.now().Sub(heard) > most
}
