package conformance

import (
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// expireChecks are those of C14, the Expirer.
func expireChecks() []entry {
	return []entry{
		{"C14", "Expire makes offline at once, and no other", timed, func(c *check) {
			e := c.expirer()
			c.setOnline("a", "b")
			c.cacheBoth("a")
			e.expire("a")
			c.wantOffline("a")
			c.wantNoRefresh("a")
			c.wantOnline("b")
			c.wantBoth("a")
			c.setOnline("a")
			c.wantOnlineFor(c.ttl, "a")
		}},

		// No sweep comes before the claim.
		{"C14", "a death by Expire is ready at once", timed, func(c *check) {
			w, e := c.expiring()
			w.setOnline("a", "b")
			w.pass(w.ttl / 4)
			e.expire("a")
			expired := w.passed
			w.wantPending("a")
			d := w.claim("a")[0]
			w.wantExpired(true, d)
			w.wantAdopted(false, d)
			w.wantAttempt(1, d)
			w.wantDeadline(d, expired)
			w.begin(d)
			w.acknowledge(d)
			w.sweepAfter(w.in(w.ttl * 3 / 4))
			w.wantExpired(false, w.claim("b")...)
		}},

		{"C14", "a workspace expires once", timed, func(c *check) {
			w, e := c.expiring()
			w.setOnline("a")
			e.expire("a", "a")
			leased := w.handOut("a")
			e.expire("a")
			w.claim()
			w.acknowledge(leased...)
			e.expire("a")
			w.wantPending()
			w.sweepAfter(w.in(w.ttl))
			w.claim()
			w.wantPending()
		}},

		{"C14", "callers that expire a workspace at once make one death", timed, func(c *check) {
			const crowd, callers = 10, 4
			w, e := c.expiring()
			ids := names("crowd", crowd)
			w.setOnline(ids...)
			w.spread(crowd*callers, func(i int) { e.expire(ids[i/callers]) })
			w.wantOffline(ids...)
			w.acknowledge(w.handOut(ids...)...)
			w.claim()
			w.sweep()
			w.wantPending()
		}},

		{"C14", "URLs stay until the death is handed out", timed, func(c *check) {
			w, e := c.expiring()
			w.setOnline("a")
			w.cacheBoth("a")
			e.expire("a")
			w.wantBoth("a")
			leased := w.claim("a")
			w.wantBoth("a")
			w.begin(leased...)
			w.wantNeither("a")
		}},

		{"C14", "strange ids expire each by itself", timed, func(c *check) {
			w, e := c.expiring()
			for _, ids := range strangeIDs() {
				w.setOnline(ids...)
				e.expire(alternate(ids, 0)...)
				w.wantOffline(alternate(ids, 0)...)
				w.wantOnline(alternate(ids, 1)...)
				w.acknowledge(w.claim(alternate(ids, 0)...)...)
				w.clear(ids...)
				w.catchUp()
			}
		}},

		// A workspace in each state but online is expired.
		{"C14", "Expire of an offline workspace changes nothing", timed, func(c *check) {
			w, e := c.expiring()
			w.die("leased", "ready")
			leased := w.claim("leased", "ready")
			w.release(0, leased[1])
			w.setOnline("cleared", "unseen")
			end := w.in(w.ttl)
			w.clear("cleared")
			w.adopt(w.at(w.in(2*w.ttl)), "adopted")
			w.passUnswept(end)
			e.expire("adopted", "cleared", "leased", "ready", "unknown", "unseen")
			w.wantHeld(leased[0])
			w.wantDetected("unseen")
			w.wantPending("adopted", "leased", "ready", "unseen")
			all := w.claim("ready", "unseen")
			w.wantExpired(false, all...)
			w.wantDeadline(all[1], end)
		}},

		{"C14", "Expire during a lease is a later death", timed, func(c *check) {
			w, e := c.expiring()
			w.die("a")
			former := w.handOut("a")
			w.setOnline("a")
			e.expire("a")
			w.wantOffline("a")
			w.claim()
			w.wantCameBack(former...)
			w.wantPending("a")
			w.acknowledge(former...)
			w.wantExpired(true, w.claim("a")...)
		}},

		{"C14", "an expired workspace can come back", timed, func(c *check) {
			w, e := c.expiring()
			w.setOnline("back", "cleared")
			e.expire("back", "cleared")
			w.setOnline("back")
			end := w.in(w.ttl)
			w.clear("cleared")
			w.wantPending()
			w.claim()
			w.justBefore(end)
			w.wantOnline("back")
			w.justAfter(end)
			w.wantDetected("back")
			w.wantExpired(false, w.claim("back")...)
		}},

		{"C14", "Expire works on a store that was opened again", timed, func(c *check) {
			e := c.expirer()
			c.setOnline("a", "b")
			e.expire("a")
			c.reopen(0)
			c.wantOffline("a")
			c.wantOnline("b")
			c.expirer().expire("b")
			c.wantOffline("b")
		}},

		// The heartbeat came before Expire, or found the workspace offline.
		{"C14", "a heartbeat does not undo an Expire that it races with", timed, func(c *check) {
			const rounds = 20
			w, e := c.expiring()
			for range rounds {
				w.catchUp()
				w.setOnline("a")
				w.together(
					func() { e.expire("a") },
					func() { w.callOr("RefreshTTL", "a", store.ErrNotFound) },
				)
				w.wantOffline("a")
				w.wantNoRefresh("a")
				w.wantExpired(true, w.handOutAndAcknowledge("a")...)
			}
		}},

		// The death and the life exclude one another.
		{"C14", "a SetOnline that races with an Expire comes before or after it", timed, func(c *check) {
			const rounds = 20
			w, e := c.expiring()
			for range rounds {
				w.catchUp()
				w.setOnline("a")
				w.together(func() { e.expire("a") }, func() { w.setOnline("a") })
				if w.isOnline("a") {
					w.wantPending()
					w.claim()
					continue
				}
				w.handOutAndAcknowledge("a")
			}
		}},

		{"C14", "deaths by Expire are leased first", timed, expiredFirst},

		{"C14", "is unsupported without an Expirer", atOnce, func(c *check) {
			c.setOnline("a")
			c.wantUnsupported("Expire", store.Expire(c.ctx, bare{c.s}, "a"))
			c.wantOnline("a")
		}},
	}
}

func expiredFirst(c *check) {
	w := c.watched()
	e := w.expirer()
	shard, ids := w.inOneShard(4)
	w.die(ids[0])
	w.die(ids[1])
	w.setOnline(ids[2:]...)
	e.expire(ids[2])
	first := w.wantOrder(shard, driver.ClaimOptions{}, ids[2])
	w.pass(w.ttl / 4)
	w.release(0, first...)
	w.pass(w.ttl / 8)
	e.expire(ids[3])
	w.wantOrder(shard, driver.ClaimOptions{}, ids[2], ids[3], ids[0], ids[1])
}

// expiry is a check of a store's Expirer.
type expiry struct {
	c *check
	s store.LivenessStore
}

func (c *check) expirer() expiry {
	need[store.Expirer](c)
	return expiry{c, c.wrapped()}
}

func (c *check) expiring() (*watch, expiry) {
	e := c.expirer()
	return c.watched(), e
}

// expired makes deaths by Expire of the workspaces, and returns them. A store without an
// Expirer has none.
func (c *check) expired(ids ...string) []string {
	if _, ok := store.As[store.Expirer](c.s); !ok {
		return nil
	}
	c.setOnline(ids...)
	c.expirer().expire(ids...)
	return ids
}

func (e expiry) expire(ids ...string) {
	for _, id := range ids {
		e.c.wantNil("Expire", id, store.Expire(e.c.ctx, e.s, id))
	}
}
