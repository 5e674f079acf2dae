package monitor

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// State is what keeps a monitor from handing deaths out, if anything does.
type State string

// The states, from the best to the worst. A monitor of several shards is in
// the worst of theirs.
const (
	StateNormal   State = "normal"   // deaths are handed out
	StateRecovery State = "recovery" // deaths are handed out gradually, or a few at a time, after a hold
	StateHold     State = "hold"     // nothing is handed out: heartbeats do not arrive
	StatePaused   State = "paused"   // nothing is handed out, by order of an operator
	StateGrace    State = "grace"    // nothing is handed out until the living could be heard from
	StateStarting State = "starting" // no sweep has succeeded yet
	StateBlind    State = "blind"    // the store does not answer, or is not swept: deaths are not detected
)

func (s State) worse(than State) bool {
	states := []State{StateNormal, StateRecovery, StateHold, StatePaused, StateGrace, StateStarting, StateBlind}
	return slices.Index(states, s) > slices.Index(states, than)
}

// Ready reports whether a monitor in this state does its work: it detects
// deaths, and hands them out when it should.
func (s State) Ready() bool { return s != StateStarting && s != StateBlind }

// Status is a monitor seen from outside, for health checks. Counts are those
// of the last sweep, of all shards together; a monitor that follows another has
// them from that one. Durations are in nanoseconds in JSON.
type Status struct {
	State     State         `json:"state"`
	Since     time.Time     `json:"since,omitzero"`      // when the state began, unless it is normal
	Until     time.Time     `json:"until,omitzero"`      // when a grace or a pause ends, or a hold at the latest
	Reason    string        `json:"reason,omitzero"`     // of a hold, a recovery or a pause
	LastSweep time.Time     `json:"last_sweep,omitzero"` // of several shards the oldest; zero before the first
	Lag       time.Duration `json:"lag"`                 // how long ago that was

	Online      int       `json:"online"`                // workspaces
	Ready       int       `json:"ready"`                 // deaths that wait for a handler
	Leased      int       `json:"leased"`                // leases of all monitors
	Delayed     int       `json:"delayed"`               // deaths that were released or adopted until later
	Running     int       `json:"running"`               // handlers of this monitor
	Stuck       int       `json:"stuck"`                 // handlers of this monitor that were left behind
	Dropped     int64     `json:"dropped"`               // deaths that were dropped, since the data began
	OldestReady time.Time `json:"oldest_ready,omitzero"` // since when a death has been ready

	Silences Silences `json:"silences"` // how close workspaces come to being declared dead, as all monitors know
	Used     []Used   `json:"used"`     // how many silences used up which share of their TTL, as this monitor has observed

	Totals Totals         `json:"totals"`           // of this monitor
	Err    string         `json:"err,omitzero"`     // of the last call of the store, if it failed
	Shards map[int]string `json:"shards,omitempty"` // errors by shard
	Owner  string         `json:"owner,omitzero"`   // the error of Config.Expected, if its last call failed

	// LastPass is when the store had last searched through everything that
	// others registered, as far as this monitor led the search. It is zero if the
	// store need not search, or did not finish yet. SearchBehind means that a search
	// takes longer than half of TTLs.Liveness: deaths of workspaces that others
	// registered may be detected late.
	LastPass     time.Time `json:"last_pass,omitzero"`
	SearchBehind bool      `json:"search_behind"`
}

// Status returns the status of the monitor. LastSweep is by the clock of this
// machine, all other times are by that of the store.
func (m *Monitor) Status() Status {
	now, a := m.now(), m.agreed()
	st := Status{State: StateNormal, Totals: m.events.soFar(), Running: int(m.handling.Load()), Stuck: int(m.stuck.Load())}
	switch {
	case a.paused(now):
		st.State, st.Until, st.Reason = StatePaused, a.PauseUntil, a.PauseReason
	case a.holds():
		st.State, st.Since, st.Reason = StateHold, a.Hold, a.Reason
		st.Until = a.Hold.Add(m.config.Hold.longest(a.Peak))
	case a.Recovering:
		st.State, st.Since, st.Reason = StateRecovery, cmp.Or(a.Spent, a.Evidence), a.Reason
	}
	if m.knows() {
		for _, s := range m.shards {
			s.status(&st, now)
		}
	} else {
		m.leadership.status(&st, a, now, m.patience())
	}
	if !st.LastSweep.IsZero() {
		st.Lag = time.Since(st.LastSweep)
	}
	st.LastPass, st.SearchBehind = m.discovery.status(now, m.traits.Liveness())
	st.Silences, st.Used = m.silences()
	m.owner.mu.Lock()
	if m.owner.err != nil {
		st.Owner = m.owner.err.Error()
	}
	m.owner.mu.Unlock()
	return st
}

// status adds a shard.
func (s *shard) status(st *Status, now time.Time) {
	is := s.state()
	r, err, swept := is.last, is.err, is.sweptAt
	st.Online += r.Online
	st.Ready += r.Ready
	st.Leased += r.Leased
	st.Delayed += r.Delayed
	st.Dropped += r.Dropped
	if !r.OldestReady.IsZero() && (st.OldestReady.IsZero() || r.OldestReady.Before(st.OldestReady)) {
		st.OldestReady = r.OldestReady
	}
	if s.n == 0 || swept.Before(st.LastSweep) {
		st.LastSweep = swept
	}
	if err != nil {
		st.Err = err.Error()
		if st.Shards == nil {
			st.Shards = make(map[int]string)
		}
		st.Shards[s.n] = err.Error()
	}
	switch {
	case err != nil || is.isLate(s.m.patience()):
		st.worsen(StateBlind, swept, time.Time{})
	case swept.IsZero():
		st.worsen(StateStarting, time.Time{}, time.Time{})
	case now.Before(r.GraceEnd):
		st.worsen(StateGrace, s.m.noticed.graceSince(), r.GraceEnd)
	}
}

// status adds what a monitor knows from the leader that it follows, or that it replaces.
func (t *leadership) status(st *Status, a shared, now time.Time, patience time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	st.Online, st.Ready, st.Leased, st.Delayed = a.Online, a.Ready, a.Leased, a.Delayed
	st.Dropped, st.OldestReady, st.LastSweep = a.Dropped, a.Oldest, t.since
	if t.err != nil {
		st.Err = t.err.Error()
	}
	switch {
	case t.err != nil || a.Blind || !t.since.IsZero() && time.Since(t.since) > patience:
		st.worsen(StateBlind, t.since, time.Time{})
	case a.Now.IsZero():
		st.worsen(StateStarting, time.Time{}, time.Time{})
	case now.Before(a.GraceEnd):
		st.worsen(StateGrace, time.Time{}, a.GraceEnd)
	}
}

// worsen applies the state of a part if it is worse.
func (st *Status) worsen(state State, since, until time.Time) {
	if state.worse(st.State) {
		st.State, st.Since, st.Until, st.Reason = state, since, until, ""
	}
}

// Health answers with the Status as JSON: 200 OK if State.Ready, and else 503
// Service Unavailable. A monitor that holds, or is in a grace, does its work.
func (m *Monitor) Health() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		st := m.Status()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !st.State.Ready() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(st) // the client has gone
	})
}
