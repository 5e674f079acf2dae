package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// heartOf returns a way to be heard from for each method that has one.
func (c *check) heartOf() map[string]func(id string) {
	hearts := map[string]func(id string){
		"refresh": func(id string) { c.refresh(id) },
		"set":     func(id string) { c.setOnline(id) },
	}
	if b, ok := store.As[store.Batcher](c.s); ok {
		hearts["batch"] = func(id string) {
			_, err := b.RefreshMany(c.ctx, []string{id})
			c.wantNil("RefreshMany", id, err)
		}
	}
	if g, ok := store.As[store.Granter](c.s); ok {
		hearts["refresh-for"] = func(id string) { c.wantNil("RefreshFor", id, g.RefreshFor(c.ctx, id, c.ttl)) }
		hearts["set-for"] = func(id string) { c.wantNil("SetOnlineFor", id, g.SetOnlineFor(c.ctx, id, c.ttl)) }
	}
	if r, ok := store.As[store.Registrar](c.s); ok {
		hearts["register"] = func(id string) { c.wantNil("Register", id, r.Register(c.ctx, id, "", "")) }
	}
	return hearts
}

// hear lets time pass without a sweep, in which and after which the workspaces
// are heard from.
func (c *check) hear(hearts map[string]func(id string), d time.Duration) {
	for end := c.in(d); ; c.gap(min(c.ttl/2, end-c.passed)) {
		for _, id := range keys(hearts) {
			hearts[id](id)
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
	hearts := w.heartOf()
	w.setOnline(keys(hearts)...)
	w.sweep()
	w.hear(hearts, day+day/8)
	w.gap(w.ttl + w.after())
	w.wantAllKept(keys(hearts)...)
}

// aliveThroughClosedDays is aliveThroughAGap over a store that was opened again.
func aliveThroughClosedDays(c *check) {
	w, day := c.keeping()
	hearts := w.heartOf()
	w.setOnline(keys(hearts)...)
	w.sweep()
	w.hear(hearts, day+day/8)
	w.reopen(w.ttl + w.after())
	w.wantAllKept(keys(hearts)...)
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
	w.skim(w.in(day / 4))
	for range 3 {
		away(w, day*3/4)
		w.sweep()
	}
	w.skim(w.in(day / 2))
	w.wantKept(1, 0)
	w.skim(w.in(day * 3 / 8))
	w.wantKeptButFor(0, 1, 1)
}
