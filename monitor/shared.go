package monitor

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// shared is the state that the monitors of a store share. It lies as JSON in the
// notes of the shards, where the one with the highest Revision counts. A change is
// written to the first shard that answers: no single server decides whether
// monitors can agree. Times are by the clock of the store.
type shared struct {
	Revision int64  `json:"rev,omitzero"`
	By       string `json:"by,omitzero"` // the monitor that wrote it

	// The hold (guard.go). Ended without Drain means quiet.
	Hold     time.Time `json:"hold,omitzero"`     // when the hold began; zero: there is none
	Evidence time.Time `json:"evidence,omitzero"` // when evidence was last seen
	Alarm    bool      `json:"alarm,omitzero"`    // there was no calm since
	Blocked  time.Time `json:"blocked,omitzero"`  // when most of the fleet was last silent
	Peak     float64   `json:"peak,omitzero"`     // largest silent part of the fleet in this hold
	Reason   string    `json:"reason,omitzero"`   // of the hold
	Silent   int       `json:"silent,omitzero"`   // workspaces, when the hold began
	Spent    time.Time `json:"spent,omitzero"`    // when the hold was ended by its length or an operator, evidence or not
	Slow     bool      `json:"slow,omitzero"`     // by a slow start, which began at Spent
	Fleet    int       `json:"fleet,omitzero"`    // how large the fleet was at Spent
	Returned int64     `json:"returned,omitzero"` // SweepResult.Returned of all shards at Spent, or once all of them answer
	Tried    int       `json:"tried,omitzero"`    // deaths that the slow start has handed out
	Drain    bool      `json:"drain,omitzero"`    // deaths are handed out gradually

	// Lost heartbeats (loss.go).
	Got    float64       `json:"got,omitzero"`    // heartbeats heard, fading
	Missed float64       `json:"missed,omitzero"` // heartbeats missed in silences that ended by themselves, fading
	Lossed time.Time     `json:"lossed,omitzero"` // when these were written
	Loss   float64       `json:"loss,omitzero"`   // part of the heartbeats that is lost
	Beat   time.Duration `json:"beat,omitzero"`   // how often workspaces are heard from

	// The silences (ledger.go).
	Silences string    `json:"silences,omitzero"` // see Silences.text
	Kept     time.Time `json:"kept,omitzero"`     // up to then

	// The leader (turn.go).
	Leader string `json:"leader,omitzero"`
	Dry    bool   `json:"dry,omitzero"` // it hands nothing out
	Turn   int64  `json:"turn,omitzero"`
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

// nextOrder returns the number of an order that is given now. It is more than that of
// the last one. It is also about the time in ns, and so more than that of an order
// that was lost.
func (p pause) nextOrder() int64 { return max(time.Now().UnixNano(), p.Order+1) }

// paused reports whether an operator forbids to hand out.
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

// note returns the text that is kept.
func (s shared) note() string {
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
	for _, t := range []*time.Time{&s.Hold, &s.Evidence, &s.Blocked, &s.Spent, &s.Lossed, &s.Kept, &s.Asked, &s.Settled} {
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

// agreed returns the shared state, as last seen.
func (m *Monitor) agreed() shared {
	latest, _ := m.latest.seen().until(m.now())
	return latest
}

// agreedAhead reports whether they wrote a time that lies in the future.
func (m *Monitor) agreedAhead() bool {
	_, ahead := m.latest.seen().until(m.now())
	return ahead
}

// latest is the note with the highest revision that this monitor has seen.
type latest struct {
	mu sync.Mutex
	shared
}

func (l *latest) see(s shared) {
	l.mu.Lock()
	defer l.mu.Unlock()
	order := l.pause
	if s.Order > order.Order {
		order = s.pause
	}
	if s.newer(l.shared) {
		l.shared = s
	}
	l.pause = order
}

func (l *latest) seen() shared {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shared
}

// change changes the shared state, unless change reports that there is nothing to
// do. If another monitor was faster, change is called again with
// what that one wrote.
func (m *Monitor) change(ctx context.Context, change func(*shared) bool) error {
	var failed error
	for tried := range 10 {
		home := m.home()
		old := home.lastNoteText()
		next := m.agreed()
		if !change(&next) {
			return nil
		}
		next.Revision++
		next.By = m.name
		note := next.note()
		if note == "" {
			return driver.Errorf("monitor", "", store.ErrInvalid, "the shared state cannot be written: %+v", next)
		}
		written, err := home.swapNote(ctx, old, note)
		if err != nil {
			failed = err
			if ctx.Err() != nil || m.home() == home {
				return err
			}
			continue // another shard answers
		}
		if written {
			return nil
		}
		failed = driver.Errorf("monitor", "", store.ErrUnavailable, "other monitors change the shared state at the same time")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Millisecond << tried)):
		}
	}
	return failed
}

// refresh reads the note of the home shard.
func (m *Monitor) refresh(ctx context.Context) error {
	_, err := m.home().swapNote(ctx, "", "") // reads
	return err
}

// home returns the shard whose note is written: the first that answers.
func (m *Monitor) home() *shard {
	for _, s := range m.shards {
		if s.answering() {
			return s
		}
	}
	return m.shards[0]
}

// swapNote replaces the note of the shard if it is old, and remembers the note
// as it is then.
func (s *shard) swapNote(ctx context.Context, old, next string) (written bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.m.patience())
	defer cancel()
	text, err := s.m.reaper.Note(ctx, s.n, old, next)
	if err != nil {
		s.silent()
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = true
	s.note(text)
	return text == next && old != next, nil
}

// silent tells that the shard did not answer.
func (s *shard) silent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = false
}

// note remembers the note of the shard, which is locked.
func (s *shard) note(text string) {
	if s.noteText != text {
		s.noteText = text
		s.m.latest.see(parseShared(text))
	}
}

func (s *shard) lastNoteText() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.noteText
}

// readNotes reads the notes of all shards, for a monitor that does not run.
func (m *Monitor) readNotes(ctx context.Context) error {
	var failed error
	answered := false
	for _, s := range m.shards {
		if _, err := s.swapNote(ctx, "", ""); err != nil {
			failed = err
			continue
		}
		answered = true
	}
	if answered {
		return nil
	}
	return failed
}
