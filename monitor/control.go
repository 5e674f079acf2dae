package monitor

import (
	"cmp"
	"context"
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// MaxReason is the length of the longest reason for a pause, in bytes.
const MaxReason = 120

// Pause forbids every monitor of the store to hand out deaths until the given
// time, by the clock of the store. Deaths are detected and kept meanwhile; the
// time does not count towards KeepDeaths. This monitor need not run.
//
// The error unwraps to store.ErrInvalid if the reason is longer than MaxReason or is not
// printable UTF-8, or if the time is not in the future. Any other error is the store's.
func (m *Monitor) Pause(ctx context.Context, reason string, until time.Time) error {
	const op = "monitor.Pause"
	switch {
	case len(reason) > MaxReason:
		return driver.Errorf(op, "", store.ErrInvalid, "the reason has %d bytes, want at most %d", len(reason), MaxReason)
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, func(r rune) bool { return !unicode.IsPrint(r) }):
		return driver.Errorf(op, "", store.ErrInvalid, "the reason is %q, want UTF-8 that can be printed", reason)
	}
	if now := cmp.Or(m.now(), time.Now()); !until.After(now) {
		return driver.Errorf(op, "", store.ErrInvalid, "a pause until %v is over, want a time in the future", until.Format(time.RFC3339))
	}
	return m.order(ctx, func(s *shared) bool {
		s.pause = pause{s.nextOrder(), until, reason}
		return true
	})
}

// Resume ends a pause. It does nothing if there is none.
func (m *Monitor) Resume(ctx context.Context) error {
	return m.order(ctx, func(s *shared) bool {
		paused := !s.PauseUntil.IsZero()
		s.pause = pause{Order: s.nextOrder()}
		return paused
	})
}

// EndHold ends a hold because an operator knows that the workspaces are dead.
// Their deaths are handed out gradually, and the evidence that began the hold
// begins no other until it is gone. EndHold does nothing if there is no hold.
func (m *Monitor) EndHold(ctx context.Context) error {
	return m.order(ctx, func(s *shared) bool {
		holds := !s.Hold.IsZero() && (s.Spent.IsZero() || s.Slow)
		if holds {
			s.Spent, s.Slow, s.Recovering, s.Peak, s.Reason = s.Evidence, false, true, 1, "ended by an operator"
		}
		return holds
	})
}

// order changes the shared state and has this monitor obey at once.
func (m *Monitor) order(ctx context.Context, change func(*shared) bool) error {
	if err := m.readNotes(ctx); err != nil {
		return err
	}
	if err := m.change(ctx, change); err != nil {
		return err
	}
	m.noticeAgreed()
	m.events.flush()
	return nil
}

// Pending yields the deaths that are pending in the store, in no order. An
// error is the last item; it unwraps to store.ErrInvalid if the store cannot
// list its deaths.
func (m *Monitor) Pending(ctx context.Context) iter.Seq2[driver.Pending, error] {
	return func(yield func(driver.Pending, error) bool) {
		if m.reconciler == nil {
			yield(driver.Pending{}, driver.Errorf("monitor.Pending", "", store.ErrInvalid, "the store is no driver.Reconciler"))
			return
		}
		for n := range m.shards {
			for d, err := range m.reconciler.Deaths(ctx, n) {
				if !yield(d, err) || err != nil {
					return
				}
			}
		}
	}
}
