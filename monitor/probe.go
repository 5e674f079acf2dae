package monitor

import (
	"context"
	"fmt"
	"time"
)

// word is the answer of the second witness.
type word int

const (
	unknown word = iota // there is no Probe, or it failed
	alive
	dead
)

// ask asks Config.Probe about a death. A workspace that was last heard from too
// long ago is not kept by it, unless heartbeats do not arrive.
func (m *Monitor) ask(ctx context.Context, d Death) word {
	if m.config.Probe == nil {
		return unknown
	}
	select {
	case m.probes <- struct{}{}:
	default:
		err := fmt.Errorf("Config.Probe is not asked: %d calls have not returned", cap(m.probes))
		m.events.emit(Event{Kind: ProbeFailed, ID: d.ID, Attempt: d.Attempt, Err: err})
		return unknown
	}
	probing, cancel := context.WithTimeout(ctx, m.config.ProbeTimeout)
	defer cancel()
	is, err := within(probing, "Config.Probe", func() (bool, error) {
		defer func() { <-m.probes }()
		return m.config.Probe(probing, d.ID)
	})
	switch {
	case ctx.Err() != nil:
		return unknown
	case err != nil:
		m.events.emit(Event{Kind: ProbeFailed, ID: d.ID, Attempt: d.Attempt, Err: err})
		return unknown
	case !is:
		return dead
	case m.silentTooLong(d) && m.agreed().Hold.IsZero():
		return unknown
	}
	return alive
}

// ttl returns the liveness TTL of a workspace.
func (m *Monitor) ttl(id string) time.Duration {
	ttl, err := m.traits.TTLs.ForLiveness(id)
	if err != nil {
		return m.traits.Liveness()
	}
	return ttl
}

// silentTooLong reports whether a Probe cannot keep the workspace any longer.
func (m *Monitor) silentTooLong(d Death) bool {
	const times = 5
	ttl := m.ttl(d.ID)
	most := m.config.ProbeMost
	if most == 0 {
		most = times * ttl
	}
	heard := d.Since.Add(-ttl)
	return m.now().Sub(heard) > most
}
