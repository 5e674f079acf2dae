package monitored

import "time"

// calls returns how many handlers were called.
func (w *world) calls() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lives {
		n += len(l.calls)
	}
	return n
}

// unreported returns those of the workspaces for which no handler was called.
func (w *world) unreported(ids []string) (silent []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if len(w.of(id).calls) == 0 {
			silent = append(silent, id)
		}
	}
	return silent
}

// times returns how many handlers of this silence, which lasts, have succeeded.
func (l *life) times() (n int) {
	for _, c := range l.calls {
		if c.began.After(l.since) && !c.ended.IsZero() && c.err == nil {
			n++
		}
	}
	return n
}

// handled reports whether a handler succeeded for each since its last heartbeat.
func (w *world) handled(ids ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if w.of(id).times() == 0 {
			return false
		}
	}
	return true
}

// awaitHandledOnce waits until each of the workspaces is handled, and makes sure that it stays
// at that.
func (w *world) awaitHandledOnce(ids ...string) {
	w.await("the deaths are handled", func() bool { return w.handled(ids...) })
	w.pass(w.ttl / 2)
	w.wantHandledOnce(ids...)
}

// wantHandledOnce makes sure that each of the workspaces was handled once, and no other was.
func (w *world) wantHandledOnce(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	want := map[string]int{}
	for _, id := range ids {
		want[id] = 1
	}
	for id, l := range w.lives {
		n := 0
		for _, c := range l.calls {
			if c.err == nil {
				n++
			}
		}
		w.violated(n != want[id], "%s is handled %d times, want %d", id, n, want[id])
	}
}

// wantSoon makes sure that the first attempts came soon, where time is not that of the machine.
func (w *world) wantSoon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, l := range w.lives {
		if w.exact && len(l.calls) > 0 {
			late := l.calls[0].began.Sub(l.until) - 2*w.grain
			w.violated(late > 50*time.Millisecond, "%s is reported %v after its deadline, want 50ms at most", id, late)
		}
	}
}

// forgetCalls forgets which handlers were called.
func (w *world) forgetCalls() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lives {
		l.calls = nil
	}
}
