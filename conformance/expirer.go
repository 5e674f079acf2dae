package conformance

import (
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

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

func (e expiry) expire(ids ...string) {
	for _, id := range ids {
		e.c.wantNil("Expire", id, store.Expire(e.c.ctx, e.s, id))
	}
}

func (w *watch) wantExpired(want bool, deaths ...driver.Death) {
	for _, d := range deaths {
		if d.Expired != want {
			w.fail("the death of %q is leased with Expired = %t, want %t", d.ID, d.Expired, want)
		}
	}
}

func expiredIsOffline(c *check) {
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
}

// expiredIsReady claims without a sweep in between.
func expiredIsReady(c *check) {
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
}

func expiredOnce(c *check) {
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
}

// expiredAtOnce lets callers expire the same workspaces at the same time.
func expiredAtOnce(c *check) {
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
}

func expiredKeepsURLs(c *check) {
	w, e := c.expiring()
	w.setOnline("a")
	w.cacheBoth("a")
	e.expire("a")
	w.wantBoth("a")
	leased := w.claim("a")
	w.wantBoth("a")
	w.begin(leased...)
	w.wantNeither("a")
}

// expireOfTheOffline expires workspaces in each state but online.
func expireOfTheOffline(c *check) {
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
}

func expiredDuringALease(c *check) {
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
}

func expiredAndBack(c *check) {
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
}

func expiredAfterReopening(c *check) {
	e := c.expirer()
	c.setOnline("a", "b")
	e.expire("a")
	c.reopen(0)
	c.wantOffline("a")
	c.wantOnline("b")
	c.expirer().expire("b")
	c.wantOffline("b")
}

// expireAgainstRefresh lets a heartbeat race with Expire: it came before, or
// it found the workspace offline.
func expireAgainstRefresh(c *check) {
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
}

func (w *watch) handOutAndAcknowledge(ids ...string) []driver.Death {
	leased := w.handOut(ids...)
	w.acknowledge(leased...)
	return leased
}

// expireAgainstSetOnline wants the death and the life to exclude one another.
func expireAgainstSetOnline(c *check) {
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
}

func noExpirerUnderBare(c *check) {
	c.setOnline("a")
	c.wantUnsupported("Expire", store.Expire(c.ctx, bare{c.s}, "a"))
	c.wantOnline("a")
}
