package pipeline

import "sync/atomic"

// health tells the log once for each time that a server stops answering, and
// once when it answers again.
type health struct {
	*Options
	addr string
	down atomic.Bool
}

// note is told after each round trip whether there was a reply, or why not.
func (h *health) note(answered bool, err error) {
	switch {
	case !answered && err != nil && h.down.CompareAndSwap(false, true):
		h.Logger.Warn("liveness: Redis does not answer", "addr", h.addr, "error", h.Text(err))
	case answered && h.down.Load() && h.down.CompareAndSwap(true, false):
		h.Logger.Info("liveness: Redis answers again", "addr", h.addr)
	}
}
