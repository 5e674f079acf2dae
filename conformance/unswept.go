package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// heartbeats returns a way to be heard from for each method that has one.
func (c *check) heartbeats() map[string]func(id string) {
	beats := map[string]func(id string){
		"refresh": func(id string) { c.refresh(id) },
		"set":     func(id string) { c.setOnline(id) },
	}
	if b, ok := store.As[store.Batcher](c.s); ok {
		beats["batch"] = func(id string) {
			_, err := b.RefreshMany(c.ctx, []string{id})
			c.wantNil("RefreshMany", id, err)
		}
	}
	if g, ok := store.As[store.Granter](c.s); ok {
		beats["refresh-for"] = func(id string) { c.wantNil("RefreshFor", id, g.RefreshFor(c.ctx, id, c.ttl)) }
		beats["set-for"] = func(id string) { c.wantNil("SetOnlineFor", id, g.SetOnlineFor(c.ctx, id, c.ttl)) }
	}
	if r, ok := store.As[store.Registrar](c.s); ok {
		beats["register"] = func(id string) { c.wantNil("Register", id, r.Register(c.ctx, id, "", "")) }
	}
	return beats
}

// hear lets time pass without a sweep, in which and after which the workspaces
// are heard from.
func (c *check) hear(beats map[string]func(id string), d time.Duration) {
	for end := c.in(d); ; c.gap(min(c.ttl/2, end-c.passed)) {
		for _, id := range sortedKeys(beats) {
			beats[id](id)
		}
		if c.passed == end {
			return
		}
	}
}

// aliveThroughAGap has workspaces die just before the first sweep after more
// than a day.
func aliveThroughAGap(c *check) {
	w, day := c.keeping()
	beats := w.heartbeats()
	w.setOnline(sortedKeys(beats)...)
	w.sweep()
	w.hear(beats, day+day/8)
	w.gap(w.ttl + w.after())
	w.wantAllKept(sortedKeys(beats)...)
}

// aliveThroughClosedDays is aliveThroughAGap over a store that was opened again.
func aliveThroughClosedDays(c *check) {
	w, day := c.keeping()
	beats := w.heartbeats()
	w.setOnline(sortedKeys(beats)...)
	w.sweep()
	w.hear(beats, day+day/8)
	w.reopen(w.ttl + w.after())
	w.wantAllKept(sortedKeys(beats)...)
}

// wantAllKept wants the next sweep to detect these workspaces, and their deaths
// to be leased after the grace.
func (w *watch) wantAllKept(ids ...string) {
	w.wantOffline(ids...)
	w.wantDetected(ids...)
	w.wantKept(len(ids), 0)
	w.claim()
	w.justAfter(w.in(w.ttl))
	w.wantKept(len(ids), 0)
	w.wantAttempt(1, w.claim(ids...)...)
}

// deadWithinAGap has a workspace be silent for less than a day of a longer gap.
func deadWithinAGap(c *check) {
	w, day := c.keeping()
	w.setOnline("a")
	w.sweep()
	w.hear(map[string]func(string){"a": func(id string) { w.refresh(id) }}, day/4)
	w.gap(day * 7 / 8)
	w.wantAllKept("a")
}

func expiredWithinAGap(c *check) {
	w, day := c.keeping()
	e := c.expirer()
	w.setOnline("a")
	w.sweep()
	w.hear(map[string]func(string){"a": func(id string) { w.refresh(id) }}, day/4)
	e.expire("a")
	w.gap(day * 7 / 8)
	w.sweep()
	w.justAfter(w.in(w.ttl))
	w.wantKept(1, 0)
	w.wantExpired(true, w.claim("a")...)
}

// gapIsNotCounted has most of a day pass without a sweep, again and again.
func gapIsNotCounted(c *check) { c.notCounted((*watch).gap) }

func absenceIsNotCounted(c *check) { c.notCounted((*watch).reopen) }

// notCounted wants time to stop and not to begin anew for a death that waits.
func (c *check) notCounted(away func(w *watch, d time.Duration)) {
	w, day := c.keeping()
	w.die("unclaimed")
	w.sweepSeldomUntil(w.in(day / 4))
	for range 3 {
		away(w, day*3/4)
		w.sweep()
	}
	w.sweepSeldomUntil(w.in(day / 2))
	w.wantKept(1, 0)
	w.sweepSeldomUntil(w.in(day * 3 / 8))
	w.wantDropped(1, 1)
}
