package conformance

import (
	"cmp"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// ttlChecks are those of C12: the TTLs of TTLs.For, and of a store that is opened again.
func ttlChecks() []entry {
	return []entry{
		{"C12", "SetOnline asks For", timed, func(c *check) {
			c.openFor(ttlOf{"brief": c.ttl / 2, "long": 2 * c.ttl}.forID)
			c.setOnline("brief", "usual", "long")
			c.wantOnlineUntil(c.ttl/2, "brief")
			c.wantOnlineUntil(c.ttl, "usual")
			c.wantOnlineUntil(2*c.ttl, "long")
		}},

		{"C12", "RefreshTTL asks For", timed, func(c *check) {
			c.openFor(ttlOf{"brief": c.ttl / 2, "long": 2 * c.ttl}.forID)
			c.setOnline("brief", "long")
			c.pass(c.ttl / 4)
			c.refresh("brief", "long")
			brief, long := c.in(c.ttl/2), c.in(2*c.ttl)
			c.wantOnlineUntil(brief, "brief")
			c.wantOnlineUntil(long, "long")
		}},

		// Of each two ids one has a longer TTL.
		{"C12", "For is asked for the id as it is", timed, func(c *check) {
			for _, ids := range strangeIDs() {
				of := ttlOf{}
				for i, id := range ids {
					of[id] = c.ttl / 2
					if i%2 == 0 {
						of[id] = 2 * c.ttl
					}
				}
				c.openFor(of.forID)
				c.setOnline(ids...)
				c.refresh(ids...)
				c.justAfter(c.in(c.ttl / 2))
				c.wantOffline(alternate(ids, 1)...)
				c.justAfter(c.in(c.ttl / 2))
				c.wantOnline(alternate(ids, 0)...)
			}
		}},

		{"C12", "For is asked each time", timed, func(c *check) {
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
		}},

		{"C12", "For decides for one workspace only", timed, func(c *check) {
			now := c.openVarying()
			now.set(c.ttl)
			c.setOnline("a")
			now.set(c.ttl / 4)
			c.setOnline("b")
			c.wantOnlineFor(c.ttl/4, "b")
			c.wantOnline("a")
			c.wantOnlineUntil(c.ttl, "a")
		}},

		{"C12", "a store that is opened again with longer TTLs grants these", timed, func(c *check) { c.opensAgainWith(c.ttl, 2*c.ttl) }},

		{"C12", "a store that is opened again with shorter TTLs grants these", timed, func(c *check) { c.opensAgainWith(2*c.ttl, c.ttl) }},

		{"C12", "a TTL out of range is refused and changes nothing", timed, func(c *check) {
			now := c.openVarying()
			c.refusesTTLs(now, -time.Second, store.MinTTL-1, store.MaxTTL+1)
		}},

		{"C12", "a TTL below three heartbeats is refused and changes nothing", timed, func(c *check) {
			var now varying
			beat := c.ttl / 4
			c.open(store.TTLs{For: now.forID, Heartbeat: beat})
			now.set(3 * beat)
			c.setOnline("a")
			c.clear("a")
			c.refusesTTLs(&now, 3*beat-1, 2*beat, store.MinTTL)
		}},
	}
}

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
