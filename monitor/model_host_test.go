package monitor_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
)

// host is a process with a monitor.
type host struct {
	*model
	*chance
	killed, cut atomic.Bool
	watcher     *watcher
}

// newHost starts a monitor.
func (m *model) newHost(c *chance) *host {
	h := &host{model: m, chance: c}
	var s backend = m.truth
	if m.plant != nil {
		s = m.plant(s)
	}
	hang := c.is(0.5)
	s = &wire{backend: s, chance: c, fate: func() fate {
		switch {
		case h.killed.Load():
			return gone
		case !m.acting():
			return passes
		case h.cut.Load() && hang:
			return gone
		case h.cut.Load():
			return refused
		case m.rate > 0 && c.is(m.rate):
			return refused + fate(c.n(int(gone-refused)))
		}
		return passes
	}}
	x, err := monitor.New(s, h.config())
	require.NoError(m.t, err)
	ctx, cancel := context.WithCancel(m.t.Context())
	h.watcher = &watcher{Monitor: x, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(h.watcher.ended)
		h.watcher.err = x.Run(ctx, h.handle)
	}()
	return h
}

func (h *host) config() monitor.Config {
	c := monitor.Config{
		Interval: modelInterval, Lease: modelLease, HandlerTimeout: modelTimeout, ProbeTimeout: modelProbe,
		Drain: modelLease, Backoff: modelBackoff, Reconcile: modelTTL, Concurrency: 32,
	}
	if !h.guard {
		c.Hold = unguarded.Hold
	}
	if h.probe {
		c.Probe = h.ask
	}
	if h.expected {
		c.Expected = h.expect
	}
	return c
}

// errModel is the failure of a callback.
var errModel = errors.New("by chance")

// ask is the Probe. It may be slow, and it may fail.
func (h *host) ask(ctx context.Context, id string) (bool, error) {
	h.truth.asked(h, id)
	if h.acting() {
		if h.is(0.3) {
			time.Sleep(h.upTo(modelProbe * 4 / 3))
		}
		if h.kind == faulty && h.is(0.2) {
			return false, errModel
		}
	}
	alive := h.truth.running(id) && ctx.Err() == nil
	if alive {
		h.truth.said(h, id)
	}
	return alive, ctx.Err()
}

// expect is the list of the owner. It may be slow, and it may fail.
func (h *host) expect(context.Context) ([]string, error) {
	list := h.truth.expects()
	if h.acting() && h.kind == faulty {
		if h.is(0.3) {
			time.Sleep(h.upTo(modelTTL * 2 / 3))
		}
		if h.is(0.3) {
			return nil, errModel
		}
	}
	return list, nil
}

// handle is the handler.
func (h *host) handle(ctx context.Context, d monitor.Death) (err error) {
	call := h.truth.enter(h, ctx, d)
	defer func() { h.truth.leave(call, err) }()
	if !h.acting() || h.kind == storm {
		return nil
	}
	if !h.toil(ctx) {
		return errModel
	}
	if h.is(0.4) && (h.is(0.5) || monitor.Recheck(ctx) == nil) {
		h.revive(d.ID)
		if !h.toil(ctx) {
			return errModel
		}
	}
	switch err = errModel; h.n(10) {
	case 0, 1:
		return err
	case 2:
		panic("by chance")
	case 3:
		runtime.Goexit()
	}
	return nil
}

// toil takes its time, and may go on when the context has ended. It reports
// whether the handler goes on.
func (h *host) toil(ctx context.Context) bool {
	most := []time.Duration{time.Millisecond, modelLease / 2, 3 * modelLease, modelTimeout * 3 / 2}[h.n(4)]
	if h.is(0.3) {
		time.Sleep(h.upTo(most))
		return !h.killed.Load()
	}
	return wait(ctx, h.upTo(most)) && !h.killed.Load()
}

// revive starts a workspace again. By chance it does not come up.
func (h *host) revive(id string) {
	ctx, err := h.t.Context(), error(nil)
	switch h.n(4) {
	case 0:
		err = h.truth.SetOnline(ctx, id)
	case 1:
		err = h.truth.Register(ctx, id, "http://"+id, "")
	case 2:
		err = h.truth.SetOnlineFor(ctx, id, modelTTL/2+h.upTo(modelTTL))
	case 3:
		err = h.truth.Clear(ctx, id)
	}
	require.NoError(h.t, err)
	if up := h.revived[id]; up != nil && h.is(0.6) {
		select {
		case up <- true:
		default:
		}
	}
}
