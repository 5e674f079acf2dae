package conformance

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/molecule-ai/liveness/store"
)

// callers runs f in n goroutines at once and ends the attempt if one of them
// has failed or was late.
func (c *check) callers(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Add(1)
		go func() {
			defer all.Done()
			defer c.t.Caught()
			f(i)
		}()
	}
	all.Wait()
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.giveUpIfLate()
}

// together runs the given functions at once.
func (c *check) together(fs ...func()) {
	c.callers(len(fs), func(i int) { fs[i]() })
}

// spread runs f for each of n numbers, by a few callers at once.
func (c *check) spread(n int, f func(i int)) {
	var next atomic.Int64
	c.callers(min(n, 64), func(int) {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			f(int(i))
		}
	})
}

// largeCrowd and smallCrowd are how many workspaces the checks of limits try to set
// online, the latter where each call counts.
const largeCrowd, smallCrowd = 2000, 200

// A backend that works page by page has the end of a page within these.
const (
	listedCrowd  = 6_000  // workspaces online
	batchedIDs   = 40_000 // ids in one call
	deathCrowd   = 300    // deaths
	adoptedCrowd = 4_500  // workspaces adopted in one call
)

// many is how many there are in a crowd of n.
func (c *check) many(n int) int {
	if c.h.Short {
		return n / 10
	}
	return n
}

// fill sets up to n workspaces online, many at once, and returns those that
// the store has taken and those for which it was full. It does not knock for
// ever at a store that is full. The crowd is cleared when the check has ended: where
// the stores of all checks are on one server, a list goes past whatever is left on it.
func (c *check) fill(prefix string, n int) (taken, refused []string) {
	const enough = 100
	var mu sync.Mutex
	ids := names(prefix, n)
	c.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), answerTime)
		defer cancel()
		_ = store.ClearMany(ctx, c.opened, ids)
	})
	c.spread(n, func(i int) {
		mu.Lock()
		full := len(refused) >= enough
		mu.Unlock()
		if full {
			return
		}
		done := c.callOr("SetOnline", ids[i], store.ErrFull)
		mu.Lock()
		defer mu.Unlock()
		if done {
			taken = append(taken, ids[i])
		} else {
			refused = append(refused, ids[i])
		}
	})
	if len(taken) == 0 {
		c.fail("the store refuses %q and all others, want room for 40", ids[0])
	}
	return taken, refused
}

// crowded has hundreds of deaths in one shard, or as many as the store keeps.
func (c *check) crowded() (w *watch, ids []string) {
	w = c.watched()
	_, err := w.reaper().Adopt(w.ctx, 0, names("crowd", c.many(deathCrowd)*w.traits.Shards), w.at(w.in(0)))
	w.wantNil("Adopt", "", err)
	w.catchUp()
	w.justAfter(w.in(0))
	w.sweep()
	return w, sortedKeys(w.pending())
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
