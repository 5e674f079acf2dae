package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// A backend that works page by page has the end of a page within these.
const (
	listedCrowd = 6_000  // workspaces online
	batchedIDs  = 40_000 // ids in one call
	deathCrowd  = 300    // deaths
)

// many is how many there are in a crowd of n.
func (c *check) many(n int) int {
	if c.h.Short {
		return n / 10
	}
	return n
}

// listsThousands sets more workspaces online than any page has.
func listsThousands(c *check) {
	l := c.lister()
	ids, _ := c.fill("crowd", c.many(listedCrowd))
	c.wantListed(l, ids...)
}

// batchesOfTensOfThousands has the workspaces that are online lie far apart in a list of
// others. Some are in it twice.
func batchesOfTensOfThousands(c *check) {
	now := c.openVarying()
	b := c.batcher()
	taken, _ := c.fill("crowd", c.many(largeCrowd))
	const twice = 10
	n := c.many(batchedIDs)
	ids, want := names("other", n), make([]bool, n+twice)
	for i, id := range taken {
		at := (i+1)*(n/len(taken)) - 1
		ids[at], want[at] = id, true
	}
	for i := range twice {
		ids = append(ids, taken[i])
		want[n+i] = true
	}
	b.online(ids, want...)
	now.set(2 * c.ttl)
	b.refresh(ids, want...)
	if c.has("Lookup") {
		for id, left := range c.listed(c.lister()) {
			if left <= c.ttl {
				c.fail("Online says that %q has %v remaining after RefreshMany, want more than %v", id, left, c.ttl)
			}
		}
	}
	b.clear(ids...)
	b.online(ids, make([]bool, len(ids))...)
}

// crowded has hundreds of deaths, or as many as the store keeps.
func (c *check) crowded() (w *watch, ids []string) {
	w, ids = c.watched(), names("crowd", c.many(deathCrowd))
	w.adopt(w.at(w.in(0)), ids...)
	w.catchUp()
	w.justAfter(w.in(0))
	if w.sweep().Dropped > 0 {
		ids = sortedKeys(w.pending())
	}
	return w, ids
}

func extendsHundreds(c *check) {
	w, ids := c.crowded()
	leased := w.claimFor(w.ttl, ids...)
	end := w.in(w.ttl)
	for i, s := range w.extend(w.long(), leased...) {
		w.wantStanding("Extend", leased[i], s, driver.Held)
	}
	w.catchUp()
	w.pass(max(0, end+w.after()-w.passed))
	w.sweep()
	w.claim()
	w.stopTiming()
	w.begin(leased...)
}

func yieldsHundreds(c *check) {
	w, ids := c.crowded()
	w.wantPending(ids...)
	all := w.claim(ids...)
	w.stopTiming()
	for i, d := range all {
		if i%2 == 0 {
			w.acknowledge(d)
		}
	}
	var left []string
	for i, d := range all {
		if i%2 != 0 {
			left = append(left, d.ID)
		}
	}
	w.wantPending(left...)
}

func forgetsHundreds(c *check) {
	w, ids := c.crowded()
	w.stopTiming()
	w.forget(append(ids, ids[:10]...)...)
	w.wantPending()
	w.adopt(w.at(w.in(time.Hour)), append(ids, ids[:10]...)...)
	w.wantPending(ids...)
}
