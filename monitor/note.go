package monitor

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// latest is the note with the highest revision that this monitor has seen, and the
// highest order.
type latest struct {
	mu sync.Mutex
	shared
}

// see records a note that was read.
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

// agreed returns the shared state, as last seen.
func (m *Monitor) agreed() shared {
	s, _ := m.latest.seen().until(m.now())
	return s
}

// change edits the shared state, unless edit reports that there is nothing to do. If
// another monitor was faster, edit is called again with what that one wrote.
func (m *Monitor) change(ctx context.Context, edit func(*shared) bool) error {
	var failed error
	for tried := range 10 {
		home := m.home()
		old := home.state().noteText
		next := m.agreed()
		if !edit(&next) {
			return nil
		}
		next.Revision++
		next.By = m.name
		note := next.encode()
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
	_, err := m.home().swapNote(ctx, "", "")
	return err
}

// home returns the shard whose note is written: the first that answers.
func (m *Monitor) home() *shard {
	for _, s := range m.shards {
		if s.state().answers {
			return s
		}
	}
	return m.shards[0]
}

// swapNote replaces the note of the shard if it is old, and remembers the note
// as it is then. With old and next the same it reads.
func (s *shard) swapNote(ctx context.Context, old, next string) (written bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.m.callTimeout())
	defer cancel()
	text, err := s.m.reaper.Note(ctx, s.n, old, next)
	if err != nil {
		s.didNotAnswer()
		return false, err
	}
	s.update(func() {
		s.answers = true
		s.seeNote(text)
	})
	return text == next && old != next, nil
}

// seeNote remembers the note of the shard, which is locked.
func (s *shard) seeNote(text string) {
	if s.noteText != text {
		s.noteText = text
		s.m.latest.see(parseShared(text))
	}
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
