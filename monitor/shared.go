package monitor

import (
	"encoding/json"
	"strings"
	"time"
)

// shared is the state that the monitors of a store share. It lies as JSON in the
// notes of the shards, where the one with the highest Revision counts. A change is
// written to the first shard that answers: no single server decides whether
// monitors can agree. Times are by the clock of the store.
type shared struct {
	Revision int64  `json:"rev,omitzero"`
	By       string `json:"by,omitzero"` // the monitor that wrote it

	// The hold (hold.go).
	Hold       time.Time `json:"hold,omitzero"`        // when the hold began; zero: there is none
	Evidence   time.Time `json:"evidence,omitzero"`    // when evidence was last seen
	Alarm      bool      `json:"alarm,omitzero"`       // there was no calm since
	MostSilent time.Time `json:"most_silent,omitzero"` // when most of the fleet was last silent
	Peak       float64   `json:"peak,omitzero"`        // largest silent part of the fleet in this hold
	Reason     string    `json:"reason,omitzero"`      // of the hold, and of the recovery after it
	Silent     int       `json:"silent,omitzero"`      // workspaces, when the hold began
	Spent      time.Time `json:"spent,omitzero"`       // when the hold was ended by its length or an operator, evidence or not
	Slow       bool      `json:"slow,omitzero"`        // by a slow start, which began at Spent
	Fleet      int       `json:"fleet,omitzero"`       // how large the fleet was at Spent
	Returned   int64     `json:"returned,omitzero"`    // SweepResult.Returned of all shards at Spent, or once all of them answer
	Tried      int       `json:"tried,omitzero"`       // deaths that the slow start has handed out
	Recovering bool      `json:"recovering,omitzero"`  // deaths are handed out gradually

	// Lost heartbeats (loss.go).
	Got    float64       `json:"got,omitzero"`     // heartbeats heard, fading
	Missed float64       `json:"missed,omitzero"`  // heartbeats missed in silences that ended by themselves, fading
	LossAt time.Time     `json:"loss_at,omitzero"` // when these were written
	Loss   float64       `json:"loss,omitzero"`    // part of the heartbeats that is lost
	Beat   time.Duration `json:"beat,omitzero"`    // how often workspaces are heard from

	// The silences (ledger.go).
	Silences string    `json:"silences,omitzero"` // see Silences.text
	Kept     time.Time `json:"kept,omitzero"`     // up to then

	// The leader (leader.go).
	Leader string `json:"leader,omitzero"`
	Dry    bool   `json:"dry,omitzero"`  // it hands nothing out
	Turn   int64  `json:"turn,omitzero"` // grows each time that a leader writes
	report

	pause

	// The owner's list (owner.go).
	Asked   time.Time `json:"asked,omitzero"`   // when it was last known
	Settled time.Time `json:"settled,omitzero"` // end of the last grace after which the unexpected was forgotten
}

// unknownReturned is Returned while some shard does not say how many came back.
const unknownReturned = -1

// pause is that of an operator (control.go). The highest Order counts, whatever the
// revision: an order is not lost with the data of a server.
type pause struct {
	Order       int64     `json:"order,omitzero"` // see nextOrder
	PauseUntil  time.Time `json:"pause_until,omitzero"`
	PauseReason string    `json:"pause_reason,omitzero"`
}

// nextOrder returns the number of an order that is given now: more than that of the
// last one, and about the time in ns, so that it is also more than that of an order
// that was lost with its server.
func (p pause) nextOrder() int64 { return max(time.Now().UnixNano(), p.Order+1) }

// paused reports whether an operator has forbidden to hand deaths out.
func (p pause) paused(now time.Time) bool { return p.PauseUntil.After(now) }

// parseShared reads a note. One that cannot be read, because another version
// wrote it, counts as empty.
func parseShared(note string) shared {
	var s shared
	if note == "" || json.Unmarshal([]byte(note), &s) != nil {
		return shared{}
	}
	return s
}

// encode returns the text of the note, "" if there is none.
func (s shared) encode() string {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // a reason would grow sixfold
	if e.Encode(s) != nil {
		return ""
	}
	return strings.TrimSpace(text.String())
}

// until returns s with the times that lie after now brought to now: the clock
// of the store was ahead when they were written. It reports whether there were
// any.
func (s shared) until(now time.Time) (_ shared, ahead bool) {
	for _, t := range []*time.Time{&s.Hold, &s.Evidence, &s.MostSilent, &s.Spent, &s.LossAt, &s.Kept, &s.Asked, &s.Settled} {
		if t.After(now) && !now.IsZero() {
			*t, ahead = now, true
		}
	}
	return s, ahead
}

// newer reports whether s was written after other.
func (s shared) newer(other shared) bool {
	if s.Revision != other.Revision {
		return s.Revision > other.Revision
	}
	return s.By > other.By
}
