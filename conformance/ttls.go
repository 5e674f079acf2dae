package conformance

import (
	"cmp"
	"slices"
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

func eachItsTTL(c *check) {
	c.openFor(ttlOf{"brief": c.ttl / 2, "long": 2 * c.ttl}.forID)
	c.setOnline("brief", "usual", "long")
	c.wantOnlineUntil(c.ttl/2, "brief")
	c.wantOnlineUntil(c.ttl, "usual")
	c.wantOnlineUntil(2*c.ttl, "long")
}

func longerTTLs(c *check) { c.opensAgainWith(c.ttl, 2*c.ttl) }

func shorterTTLs(c *check) { c.opensAgainWith(2*c.ttl, c.ttl) }

// opensAgainWith has a store opened again with other TTLs. A workspace that is heard
// from then is granted these. Deadlines that were granted before stay.
func (c *check) opensAgainWith(old, other time.Duration) {
	c.open(store.TTLs{Liveness: old, URL: old})
	c.setOnline("heard", "silent")
	c.cacheBoth("silent")
	ends := map[string]time.Duration{"silent": c.in(old)}
	c.pass(c.ttl / 4)
	c.ttls.Liveness, c.ttls.URL = other, other
	c.reopen(0)
	c.refresh("heard")
	c.cacheBoth("heard")
	ends["heard"] = c.in(other)
	ids := sortedKeys(ends)
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(ends[a], ends[b]) })
	for _, id := range ids {
		c.justBefore(ends[id])
		c.wantOnline(id)
		c.wantBoth(id)
		c.justAfter(ends[id])
		c.wantOffline(id)
		c.wantNeither(id)
	}
}

func eachItsTTLAtRefresh(c *check) {
	c.openFor(ttlOf{"brief": c.ttl / 2, "long": 2 * c.ttl}.forID)
	c.setOnline("brief", "long")
	c.pass(c.ttl / 4)
	c.refresh("brief", "long")
	brief, long := c.in(c.ttl/2), c.in(2*c.ttl)
	c.wantOnlineUntil(brief, "brief")
	c.wantOnlineUntil(long, "long")
}

// varying is a TTLs.For whose answer changes while the store is in use.
type varying struct{ atomic.Int64 }

func (v *varying) set(d time.Duration)           { v.Store(int64(d)) }
func (v *varying) forID(id string) time.Duration { return time.Duration(v.Load()) }

// openVarying begins with an empty store whose TTLs.For can be set.
func (c *check) openVarying() *varying {
	v := &varying{}
	c.openFor(v.forID)
	return v
}

func ttlChanges(c *check) {
	now := c.openVarying()

	now.set(c.ttl / 2)
	c.setOnline("a")
	now.set(c.ttl)
	c.refresh("a")
	c.wantOnlineFor(c.ttl, "a")

	now.set(2 * c.ttl)
	c.setOnline("a")
	now.set(c.ttl / 2)
	c.refresh("a")
	c.wantOnlineFor(c.ttl/2, "a")

	now.set(2 * c.ttl)
	c.setOnline("a")
	now.set(c.ttl / 2)
	c.setOnline("a")
	c.wantOnlineFor(c.ttl/2, "a")
}

func ttlChangesNobodyElse(c *check) {
	now := c.openVarying()
	now.set(c.ttl)
	c.setOnline("a")
	now.set(c.ttl / 4)
	c.setOnline("b")
	c.wantOnlineFor(c.ttl/4, "b")
	c.wantOnline("a")
	c.wantOnlineUntil(c.ttl, "a")
}

func ttlOutOfRange(c *check) {
	now := c.openVarying()
	c.refusesTTLs(now, -time.Second, store.MinTTL-1, store.MaxTTL+1)
}

func ttlBelowHeartbeats(c *check) {
	var now varying
	beat := c.ttl / 4
	c.open(store.TTLs{For: now.forID, Heartbeat: beat})
	now.set(3 * beat)
	c.setOnline("a")
	c.clear("a")
	c.refusesTTLs(&now, 3*beat-1, 2*beat, store.MinTTL)
}

// refusesTTLs wants a store to refuse TTLs of For and to change nothing.
func (c *check) refusesTTLs(now *varying, wrong ...time.Duration) {
	now.set(0)
	c.setOnline("a")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	for _, d := range wrong {
		now.set(d)
		for _, id := range []string{"a", "b"} {
			for _, m := range methods(c.s) {
				if slices.Contains([]string{"SetOnline", "RefreshTTL", "RefreshMany", "Register", "Withdraw"}, m.op) {
					c.wantError(m.op, id, m.do(c.ctx, id), store.ErrInvalid)
				}
			}
		}
		c.wantOnline("a")
		c.wantOffline("b")
	}
	c.wantOnlineUntil(end, "a")
}
