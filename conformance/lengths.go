package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// lengths are TTLs that are neither usual nor whole seconds, and the bounds. Those that
// are too long for a story are looked at and not awaited.
func (c *check) extremeTTLs() []time.Duration {
	return []time.Duration{
		store.MinTTL, c.ttl/25 + 310*time.Microsecond, c.ttl/3 + 7*time.Millisecond,
		30*24*time.Hour + 137*time.Millisecond, store.MaxTTL - time.Millisecond, store.MaxTTL,
	}
}

// awaits reports whether a story may wait for the end of a TTL. A month takes a moment
// where time does not pass by sleeping, in a store whose usual TTL it is.
func (c *check) canAwait(ttl time.Duration) bool {
	const month = 31 * 24 * time.Hour
	return ttl <= c.ttl || ttl == c.ttls.Liveness && ttl < month && !c.h.sleeps()
}

// wantLifeOf wants the workspaces to be online for ttl from now, and no longer.
func (c *check) wantLifeOf(ttl time.Duration, ids ...string) {
	end := c.in(ttl)
	if c.has("Lookup") && ttl > c.before() {
		for _, id := range ids {
			c.wantRemaining(c.lister(), id, ttl)
		}
	}
	if !c.canAwait(ttl) {
		c.pass(c.ttl / 4)
		c.wantOnline(ids...)
		return
	}
	if ttl > c.before() {
		c.justBefore(end)
		c.wantOnline(ids...)
	}
	c.justAfter(end)
	c.wantOffline(ids...)
}

// livesOfAnyLength has the TTL of the store, that of For, and that of a refresh.
func livesOfAnyLength(c *check) {
	for _, ttl := range c.extremeTTLs() {
		c.open(store.TTLs{Liveness: ttl})
		c.setOnline("a")
		c.wantLifeOf(ttl, "a")
		now := c.openVarying()
		c.setOnline("refreshed")
		now.set(ttl)
		c.setOnline("set")
		c.refresh("refreshed")
		c.wantLifeOf(ttl, "refreshed", "set")
	}
}

func grantsOfAnyLength(c *check) {
	g := c.granter()
	for _, ttl := range c.extremeTTLs() {
		c.setOnline("refreshed")
		g.setOnline("set", ttl)
		g.refresh("refreshed", ttl)
		c.wantLifeOf(ttl, "refreshed", "set")
		c.clear("refreshed", "set")
	}
}

func urlsOfAnyLength(c *check) {
	for _, ttl := range c.extremeTTLs() {
		c.open(store.TTLs{URL: ttl})
		c.cacheBoth("a")
		end := c.in(ttl)
		if !c.canAwait(ttl) {
			c.pass(c.urlTTL / 4)
			c.wantBoth("a")
			continue
		}
		if ttl > c.before() {
			c.justBefore(end)
			c.wantBoth("a")
		}
		c.justAfter(end)
		c.wantNeither("a")
	}
}

// deathsOfAnyLength wants the deadline of a death, and the time until the next, to be
// those of the life.
func deathsOfAnyLength(c *check) {
	now := c.openVarying()
	w := c.watched()
	for _, ttl := range w.extremeTTLs() {
		now.set(ttl)
		w.setOnline("a")
		end := w.in(ttl)
		if ttl > w.before() {
			w.wantNextBy(end)
		}
		if !w.canAwait(ttl) {
			w.wantDetected()
			w.clear("a")
			continue
		}
		if ttl > w.before() {
			w.justBefore(end)
			w.wantDetected()
		}
		w.justAfter(end)
		w.wantDetected("a")
		d := w.handOut("a")
		w.wantDeadline(d[0], end)
		w.acknowledge(d...)
	}
}
