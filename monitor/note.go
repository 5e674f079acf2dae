package monitor

import (
	"context"
	"encoding/json"
	"time"
)

// note is what the monitors of a shard agree on, kept in the store.
type note struct {
	Storm   time.Time `json:"storm,omitzero"`   // when the storm began; zero: there is none
	Fleet   int       `json:"fleet,omitzero"`   // how large the fleet was then
	Dripped time.Time `json:"dripped,omitzero"` // when deaths were last let through
	Adopted time.Time `json:"adopted,omitzero"` // when what was expected at the beginning of the last grace is due
	Settled time.Time `json:"settled,omitzero"` // end of the last grace after which the unexpected was forgotten
	By      string    `json:"by,omitzero"`      // the monitor that wrote it
}

// parseNote reads a note. One that cannot be read, because another version
// wrote it, counts as empty.
func parseNote(text string) note {
	var n note
	if text == "" || json.Unmarshal([]byte(text), &n) != nil {
		return note{}
	}
	return n
}

func (n note) String() string {
	text, err := json.Marshal(n)
	if err != nil {
		return ""
	}
	return string(text)
}

// agree replaces the note of the shard if it is still old, and reports whether
// it did. If another monitor was faster, its note becomes known.
func (s *shard) agree(ctx context.Context, old string, n note) (bool, error) {
	ctx, cancel := s.m.config.limit(ctx)
	defer cancel()
	n.By = s.m.name // two monitors may mean the same: only one has written it
	text, err := s.m.reaper.Note(ctx, s.n, old, n.String())
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last.Note, s.last.agreed = text, parseNote(text)
	return text == n.String(), nil
}

// remember changes the note of the shard, whoever else does.
func (s *shard) remember(ctx context.Context, change func(*note)) error {
	for {
		last := s.lastSeen()
		n := last.agreed
		change(&n)
		if done, err := s.agree(ctx, last.Note, n); done || err != nil {
			return err
		}
	}
}
