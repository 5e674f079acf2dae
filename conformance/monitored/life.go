package monitored

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// life is the truth about one workspace.
type life struct {
	stop  chan struct{}  // ends its heartbeats; nil: it is silent
	until time.Time      // it is surely online before
	since time.Time      // when its last heartbeat was answered
	begun map[int64]bool // tokens whose Begin reported Held
	calls []*call
}

// of returns a life, under the lock.
func (w *world) of(id string) *life {
	if w.lives[id] == nil {
		w.lives[id] = &life{begun: map[int64]bool{}}
	}
	return w.lives[id]
}

// stopHeartbeats ends the heartbeats.
func (l *life) stopHeartbeats() {
	if l.stop != nil {
		close(l.stop)
		l.stop = nil
	}
}

// startHeartbeats has the workspaces send heartbeats, the first one now.
func (w *world) startHeartbeats(ids ...string) {
	for n, id := range ids {
		w.mu.Lock()
		l, stop := w.of(id), make(chan struct{})
		if l.stop != nil {
			w.mu.Unlock()
			continue
		}
		l.stop = stop
		w.mu.Unlock()
		s := w.stores[n%len(w.stores)]
		w.heartbeat(s, id, l)
		w.tasks.Go(func() {
			for range ticks(w.beat, stop) {
				w.heartbeat(s, id, l)
			}
		})
	}
}

func (w *world) heartbeat(s store.LivenessStore, id string, l *life) {
	began := time.Now()
	_, err := store.Heartbeat(w.ctx, s, id)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violated(err != nil, "a heartbeat of %s: %v", id, err)
	if err == nil && began.After(w.jumped) {
		l.since, l.until = time.Now(), began.Add(w.ttl-w.grain)
	}
}

// stopHeartbeats ends the heartbeats of the workspaces.
func (w *world) stopHeartbeats(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		w.of(id).stopHeartbeats()
	}
}

// jump moves the clock of the backend.
func (w *world) jump(d time.Duration) {
	w.clock.jump(d)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jumped = time.Now()
	for _, l := range w.lives {
		l.until = time.Time{}
	}
}
