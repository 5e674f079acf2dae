package monitor

import (
	"context"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// outcome is the result of an attempt, as the store is told.
type outcome struct {
	end   ending
	again time.Duration // release for so long
}

type ending int

const (
	released ending = iota
	acknowledged
	withdrawn
	untold // there is nothing to tell
)

// attempt asks the Probe, verifies that the workspace is still offline, and
// calls the handler.
func (h *pool) attempt(l *lease, free func()) outcome {
	backoff := outcome{again: h.m.config.Backoff.after(l.Attempt)}
	if h.watching.Err() != nil {
		return backoff
	}
	word := h.m.askProbe(h.watching, l.Death)
	if h.watching.Err() != nil {
		return backoff
	}
	switch word {
	case saidAlive:
		return outcome{end: withdrawn}
	case saidNothing:
		if h.m.config.Probe != nil && !h.m.guard.permits(h.watching, l) {
			return outcome{again: h.m.traits.Heartbeat()}
		}
	}
	standing, err := l.begin()
	switch {
	case err != nil: // the next sweep tells that the store does not answer
		return backoff
	case standing == driver.Lost:
		return outcome{end: untold}
	case standing == driver.CameBack:
		h.m.events.emit(Event{Kind: CameBack, ID: l.ID, Attempt: l.Attempt})
		return outcome{end: acknowledged}
	}
	h.m.guard.panel.remove(h.m, l.Death)
	if h.watching.Err() != nil {
		return backoff
	}
	return h.call(l, free, backoff)
}

// call calls the handler of a death that was handed out. A handler that does
// not return in time is left behind. If it returns nil after all, the store is told,
// which knows whether the death was handed out again by then.
func (h *pool) call(l *lease, free func(), backoff outcome) outcome {
	ctx, cancel := context.WithTimeoutCause(l.ctx, h.m.config.HandlerTimeout, ErrTimedOut)
	defer cancel()
	began := time.Now()
	h.m.events.emit(Event{Kind: HandedOut, ID: l.ID, Attempt: l.Attempt, Late: max(0, h.m.now().Sub(l.Deadline))})
	h.m.handling.Add(1)
	defer h.m.handling.Add(-1)
	returned := safely("the handler", func() error { return h.handler(ctx, l.Death) })
	var err error
	select {
	case err = <-returned:
	case <-h.leftBehind(ctx, l):
		h.m.events.emit(Event{Kind: TimedOut, ID: l.ID, Attempt: l.Attempt, Took: time.Since(began)})
		l.abandon()
		free()
		h.m.stuck.Add(1)
		go func() {
			defer h.m.stuck.Add(-1)
			err := <-returned
			h.emitReturned(l, err, began)
			if err == nil {
				h.tell(l, outcome{end: acknowledged})
			}
		}()
		return outcome{end: untold}
	}
	if err != nil && h.m.outage() && context.Cause(ctx) == ErrNotHeld {
		return outcome{end: untold} // one line tells of the outage
	}
	h.emitReturned(l, err, began)
	if err == nil {
		return outcome{end: acknowledged}
	}
	return backoff
}

func (h *pool) emitReturned(l *lease, err error, began time.Time) {
	ev := Event{Kind: Handled, ID: l.ID, Attempt: l.Attempt, Took: time.Since(began), Err: err}
	if err != nil {
		ev.Kind = Failed
	}
	h.m.events.emit(ev)
}

// leftBehind returns a channel that is closed half a lease after the handler's
// time is over or its lease was lost.
func (h *pool) leftBehind(ctx context.Context, l *lease) <-chan struct{} {
	done := make(chan struct{})
	context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); cause == ErrTimedOut || cause == ErrNotHeld {
			time.AfterFunc(h.m.config.Lease/2, func() { close(done) })
		}
	})
	return done
}

// tell tells the store the outcome, again and again while it does not answer:
// the store knows whether the death is still this monitor's.
func (h *pool) tell(l *lease, o outcome) {
	if o.end == untold {
		return
	}
	l.end()
	h.m.guard.panel.withdraw(l.ID, o.end == withdrawn)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		told, err := h.tellOnce(l.Death, o)
		if err == nil {
			if !told {
				h.m.guard.panel.withdraw(l.ID, false)
			}
			if told && o.end == withdrawn {
				h.m.events.emit(Event{Kind: Withdrawn, ID: l.ID, Attempt: l.Attempt})
			}
			l.shard.sweepSoon() // to know when the released death is ready
			return
		}
		if errors.Is(err, store.ErrClosed) {
			return
		}
		if o.end == withdrawn && errors.Is(err, store.ErrFull) {
			o = outcome{again: h.m.traits.Heartbeat()}
		}
		select {
		case <-h.work.Done():
			return
		case <-time.After(wait):
		}
	}
}

// tellOnce reports whether the death was still this monitor's.
func (h *pool) tellOnce(d Death, o outcome) (bool, error) {
	ctx, cancel := h.m.config.limit(context.WithoutCancel(h.work))
	defer cancel()
	switch o.end {
	case acknowledged:
		return h.m.reaper.Acknowledge(ctx, d)
	case withdrawn:
		return h.m.reaper.Withdraw(ctx, d)
	}
	return h.m.reaper.Release(ctx, d, o.again)
}
