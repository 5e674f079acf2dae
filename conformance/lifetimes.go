package conformance

import (
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// openFor begins with an empty store that asks forID for the liveness TTL of
// each workspace.
func (c *check) openFor(forID func(id string) time.Duration) {
	c.open(store.TTLs{For: forID})
}

// ttlOf is a TTLs.For that names the TTLs of some workspaces.
type ttlOf map[string]time.Duration

func (of ttlOf) forID(id string) time.Duration { return of[id] }

// varying is a TTLs.For whose answer changes while the store is in use.
type varying struct{ atomic.Int64 }

func (v *varying) set(d time.Duration) { v.Store(int64(d)) }

func (v *varying) forID(id string) time.Duration { return time.Duration(v.Load()) }

// openVarying begins with an empty store whose TTLs.For can be set.
func (c *check) openVarying() *varying {
	v := &varying{}
	c.openFor(v.forID)
	return v
}

// grantedTTLs are the usual TTL, a shorter and a longer one, which are no whole number
// of seconds.
func (c *check) grantedTTLs() []time.Duration {
	return []time.Duration{c.ttl/4 + c.ttl/1000, c.ttl, 2*c.ttl + c.ttl/1000}
}

// extremeTTLs are TTLs that are neither usual nor whole seconds, and the bounds. A story
// does not wait for the end of those that are too long for it: see canAwait.
func (c *check) extremeTTLs() []time.Duration {
	return []time.Duration{
		store.MinTTL, c.ttl/25 + 310*time.Microsecond, c.ttl/3 + 7*time.Millisecond,
		30*24*time.Hour + 137*time.Millisecond, store.MaxTTL - time.Millisecond, store.MaxTTL,
	}
}

// canAwait reports whether a story may wait for the end of a TTL. A month takes a moment
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
