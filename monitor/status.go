package monitor

import (
	"slices"
	"time"
)

// State is what a monitor is doing.
type State string

// The states, from the best to the worst. A monitor of several shards is in
// the worst of theirs.
const (
	StateNormal   State = "normal"   // deaths are reported
	StateStorm    State = "storm"    // so many died at once that reports were stopped, or trickle
	StateGrace    State = "grace"    // nothing is reported until the living could be heard from
	StateStarting State = "starting" // no sweep has succeeded yet
	StateBlind    State = "blind"    // the store does not answer, or nobody sweeps: deaths are not seen
)

func (s State) worse(than State) bool {
	states := []State{StateNormal, StateStorm, StateGrace, StateStarting, StateBlind}
	return slices.Index(states, s) > slices.Index(states, than)
}

// Status is a monitor seen from outside, for health checks. Counts are those
// of the last sweep, of all monitors and shards together.
type Status struct {
	State     State
	Since     time.Time     // when a storm, a grace or blindness began; else zero
	Until     time.Time     // when a grace ends, or when reports begin to trickle in a storm; else zero
	LastSweep time.Time     // the last successful sweep, of several shards the oldest; zero before the first
	Lag       time.Duration // how long ago that was
	Tracked   int           // workspaces that are online
	Due       int           // deaths that wait for a handler
	Held      int           // deaths that are leased to a handler, put back or adopted until later
	Dropped   int64         // deaths that nobody claimed in time, since the data began
	Err       error         // of the last call of the store, if it failed

	// LastPass is when the store had last searched through everything that
	// others registered. It is zero if the store need not search, or did not
	// finish yet. Behind means that a search takes longer than half the
	// longest TTL: who dies may be seen late.
	LastPass time.Time
	Behind   bool
}

// Status returns what the monitor is doing. Times of the storm, the grace and
// the search are by the clock of the store, others by that of this machine.
func (m *Monitor) Status() Status {
	st := Status{State: StateNormal}
	if f := m.fleet(); !f.storm.IsZero() {
		_, ttl := m.now()
		st.State, st.Since, st.Until = StateStorm, f.storm, f.storm.Add(m.config.Storm.hold(ttl))
	}
	for i, s := range m.shards {
		s.mu.Lock()
		if i == 0 || s.ended.Before(st.LastSweep) {
			st.LastSweep = s.ended
		}
		st.Tracked += s.last.Online
		st.Due += s.last.Waiting
		st.Held += s.last.Held
		st.Dropped += s.last.Dropped
		if state, since, until := s.state(); state.worse(st.State) {
			st.State, st.Since, st.Until = state, since, until
		}
		if st.Err == nil {
			st.Err = s.err
		}
		s.mu.Unlock()
	}
	if !st.LastSweep.IsZero() {
		st.Lag = time.Since(st.LastSweep)
	}
	st.LastPass, st.Behind = m.discovery.status(m.now())
	return st
}

// state returns the state of the shard but for storms. The shard is locked.
func (s *shard) state() (state State, since, until time.Time) {
	patience := max(3*time.Second, 3*s.m.config.interval(s.last.TTL))
	switch {
	case s.err != nil:
		return StateBlind, s.errSince, until
	case s.ended.IsZero():
		return StateStarting, since, until
	case time.Since(s.ended) > patience:
		return StateBlind, s.ended, until
	case !s.graceSince.IsZero():
		until = s.last.GraceEnd
		if due := s.last.agreed.Adopted; s.m.asks() && due.After(until) {
			until = due
		}
		return StateGrace, s.graceSince, until
	}
	return StateNormal, since, until
}
