package conformance

import (
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func sweepFindsTheDead(c *check) {
	w := c.watched()
	w.setOnline("cleared", "dead", "refreshed", "reset")
	end := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.refresh("refreshed")
	w.setOnline("reset")
	w.clear("cleared")
	last := w.in(w.ttl)
	w.justBefore(end)
	w.wantFound()
	w.justAfter(end)
	w.wantFound("dead")
	w.justBefore(last)
	w.wantFound()
	w.justAfter(last)
	w.wantFound("refreshed", "reset")
	w.wantFound()
}

func sweepAfterALastRefresh(c *check) {
	w := c.watched()
	w.setOnline("a")
	w.justBefore(w.in(w.ttl))
	w.refresh("a")
	end := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.wantFound()
	w.justBefore(end)
	w.wantFound()
	w.justAfter(end)
	w.wantFound("a")
}

// sweepAfterQuestions asks about the dead before anybody looks for them.
func sweepAfterQuestions(c *check) {
	w := c.watched()
	w.setOnline("a", "b")
	w.justAfter(w.in(w.ttl))
	w.wantOffline("a", "b")
	w.wantNoRefresh("a")
	for _, m := range calls(w.s) {
		switch m.op {
		case "Count", "Online", "Lookup", "IsOnlineMany", "RefreshMany", "GetCachedURL":
			_ = m.do(w.ctx, "b")
		}
	}
	w.setOnline("c")
	w.wantFound("a", "b")
	w.take("a", "b")
}

func setOnlineMovesTheDeath(c *check) {
	var now varying
	c.openFor(now.forID)
	w := c.watched()
	now.set(2 * w.ttl)
	w.setOnline("earlier")
	now.set(w.ttl / 2)
	w.setOnline("earlier", "later")
	now.set(2 * w.ttl)
	w.setOnline("later")
	first, last := w.in(w.ttl/2), w.in(2*w.ttl)
	w.justBefore(first)
	w.wantFound()
	w.justAfter(first)
	w.wantFound("earlier")
	w.justBefore(last)
	w.wantFound()
	w.justAfter(last)
	w.wantFound("later")
}

// refreshShortensTheLife wants a death that a refresh brought forward to be
// found by the deadline that was granted before.
func refreshShortensTheLife(c *check) {
	var now varying
	c.openFor(now.forID)
	w := c.watched()
	now.set(2 * w.ttl)
	w.setOnline("a")
	granted := w.in(2 * w.ttl)
	now.set(w.ttl / 2)
	w.refresh("a")
	end := w.in(w.ttl / 2)
	w.justBefore(end)
	w.wantFound()
	w.justAfter(end)
	w.wantOffline("a")
	found := w.sweep().Found
	w.justAfter(granted)
	if found = append(found, w.sweep().Found...); !slices.Equal(found, []string{"a"}) {
		w.fail("sweeps find %q dead, want %q, by the deadline granted before", found, []string{"a"})
	}
	w.take("a")
}

func sweepSaysWhenToLookAgain(c *check) {
	w := c.watched()
	w.setOnline("a")
	first := w.in(w.ttl)
	w.wantNextBy(first)
	w.pass(w.ttl / 2)
	w.setOnline("b")
	second := w.in(w.ttl)
	w.wantNextBy(first)
	w.justAfter(first)
	w.wantNextBy(second)
	held := w.takeFor(w.ttl/4, "a")
	w.wantNextBy(w.in(w.ttl / 4))
	w.putBack(w.ttl/8, held...)
	w.wantNextBy(w.in(w.ttl / 8))
}

// wantNextBy wants a sweep not to advise a look later than that.
func (w *watch) wantNextBy(moment time.Duration) {
	if most := moment - w.passed + w.grain + w.slack; w.sweep().Next > most {
		w.fail("Sweep returns a Next of more than %v, after %v", most, w.passed)
	}
}

// lookingAsTold sweeps only when the sweep before says so.
func lookingAsTold(c *check) {
	c.openFor(func(id string) time.Duration {
		return map[string]time.Duration{"brief": c.ttl / 2, "long": c.ttl + c.ttl/2}[id]
	})
	w := c.watched()
	w.setOnline("brief", "long", "usual")
	ends := map[string]time.Duration{"brief": w.in(w.ttl / 2), "long": w.in(w.ttl + w.ttl/2)}
	w.sweep()
	w.pass(w.ttl / 4)
	w.refresh("usual")
	ends["usual"] = w.in(w.ttl)

	step := max(w.grain, w.ttl/1000)
	for last := ends["long"] + w.after() + step; w.passed < last; {
		s := w.sweep()
		for _, id := range s.Found {
			if early := w.passed < ends[id]-w.before(); early || w.passed > ends[id]+w.after()+step {
				w.fail("%q is found dead after %v, want %v", id, w.passed, ends[id])
			}
			delete(ends, id)
		}
		w.pass(min(max(s.Next, step), last-w.passed))
	}
	if len(ends) > 0 {
		w.fail("%d workspaces are not found dead by who sweeps when it is told", len(ends))
	}
}

func sweepersAtOnce(c *check) {
	const sweepers, crowd = 4, 200
	w := c.watched()
	ids, _ := w.fill("crowd", crowd)
	w.justAfter(w.in(w.ttl))
	w.hurryNoMore()
	var mu sync.Mutex
	found := map[string]int{}
	w.callers(sweepers, func(int) {
		for shard := range w.r.Shards() {
			for more := true; more; {
				s, err := w.r.Sweep(w.ctx, shard, store.Watch{Interval: w.interval})
				w.wantNil("Sweep", "", err)
				mu.Lock()
				for _, id := range s.Found {
					found[id]++
				}
				mu.Unlock()
				more = s.Next == 0
			}
		}
	})
	w.wantEachOnce("found by a sweep", found, ids)
}

func (w *watch) wantEachOnce(what string, times map[string]int, ids []string) {
	for _, id := range ids {
		if times[id] != 1 {
			w.fail("%q is %s %d times, want once", id, what, times[id])
		}
	}
	if len(times) != len(ids) {
		w.fail("%d workspaces are %s, want %d", len(times), what, len(ids))
	}
}
