package redisstore

import (
	"log/slog"
	"strings"
	"sync/atomic"
)

// health tells the log once for each time that a server stops answering, and
// once when it answers again.
type health struct {
	log     *slog.Logger
	secrets *strings.Replacer
	addr    string
	down    atomic.Bool
}

// note is told after each pipeline whether there was a reply, or why not.
func (h *health) note(answered bool, err error) {
	switch {
	case !answered && err != nil && h.down.CompareAndSwap(false, true):
		h.log.Warn("liveness: Redis does not answer", "addr", h.addr, "error", h.secrets.Replace(err.Error()))
	case answered && h.down.Load() && h.down.CompareAndSwap(true, false):
		h.log.Info("liveness: Redis answers again", "addr", h.addr)
	}
}
