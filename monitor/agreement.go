package monitor

import (
	"cmp"
	"context"
	"time"
)

// Agreement is the state that the monitors of a store share through it. Times are by
// the clock of the store.
type Agreement struct {
	PauseUntil  time.Time `json:"pause_until,omitzero"` // zero: no operator has paused the monitors
	PauseReason string    `json:"pause_reason,omitzero"`

	Hold       time.Time `json:"hold,omitzero"`       // when the hold began; zero: there is none
	HoldUntil  time.Time `json:"hold_until,omitzero"` // when it ends at the latest, by this monitor's Config.Hold
	Recovering bool      `json:"recovering"`          // deaths are handed out gradually, after a hold
	Slow       bool      `json:"slow"`                // likewise, by a slow start
	Reason     string    `json:"reason,omitzero"`     // of the hold or the recovery

	Loss  float64   `json:"loss"`           // part of the heartbeats that is lost, as learnt; 0 to 1
	Asked time.Time `json:"asked,omitzero"` // when Config.Expected was last known

	// The last words of the leader. Where each monitor leads they are missing.
	Leader   string    `json:"leader,omitzero"`    // the name of the monitor
	LastTurn time.Time `json:"last_turn,omitzero"` // when the leader last wrote; zero: none has
	Blind    bool      `json:"blind"`              // some shard did not answer it
	GraceEnd time.Time `json:"grace_end,omitzero"` // the latest end of a grace of any shard; it may be past
	Dropped  int64     `json:"dropped"`            // deaths that were dropped, since the data began
}

// Agreement reads the state that the monitors of the store share. It changes nothing,
// and this monitor need not run. The error is that of the store, if no shard answers.
func (m *Monitor) Agreement(ctx context.Context) (Agreement, error) {
	if err := m.readNotes(ctx); err != nil {
		return Agreement{}, err
	}
	s := m.latest.seen()
	a := Agreement{
		Recovering: s.Recovering && !s.holds(), Slow: s.startsSlowly(), Loss: s.Loss, Asked: s.Asked,
		Leader: s.Leader, LastTurn: s.Now, Blind: s.Blind, GraceEnd: s.GraceEnd, Dropped: s.Dropped,
	}
	if s.paused(cmp.Or(m.now(), time.Now())) {
		a.PauseUntil, a.PauseReason = s.PauseUntil, s.PauseReason
	}
	if s.holds() {
		a.Hold, a.HoldUntil = s.Hold, s.Hold.Add(m.config.Hold.longest(s.Peak))
	}
	if s.holds() || s.Recovering {
		a.Reason = s.Reason
	}
	return a, nil
}
