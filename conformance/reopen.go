package conformance

import (
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// deathsAreTheSame has deaths of each kind. A store whose data is of one process
// may end the leases and the delays with it.
func deathsAreTheSame(c *check) {
	w := c.withDeaths("withdrawn")
	w.withdraw(w.claim("withdrawn")...)
	w.pass(w.ttl / 4)
	w.setOnline("delayed", "leased", "ready")
	w.sweepAfter(w.in(w.ttl))
	all := w.handOut("delayed", "leased", "ready", "withdrawn")
	w.release(w.ttl, all[0])
	w.release(0, all[2:]...)
	if w.has("Expire") {
		w.setOnline("expired")
		w.expirer().expire("expired")
	}
	before := w.pending()
	w.reopen(0)
	w.wantPending(sortedKeys(before)...)
	for id, p := range w.pending() {
		w.wantSame(p.Death, before[id].Death)
	}
	w.sweep()
	w.justAfter(w.in(w.ttl))
	for _, d := range w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long()}) {
		want := before[d.ID].Death
		want.Attempt++
		w.wantSame(d, want)
	}
}

func (w *watch) wantSame(got, want driver.Death) {
	near := func(a, b time.Time) bool { return w.near(a.Sub(b), 0) }
	if !near(got.Deadline, want.Deadline) || !near(got.Since, want.Since) || got.Attempt != want.Attempt ||
		got.Adopted != want.Adopted || got.Expired != want.Expired {
		w.fail("the death of %q is %+v after the store was opened again, want %+v", got.ID, got, want)
	}
}

// tokensOutliveStore ends each lease before the store is closed.
func tokensOutliveStore(c *check) {
	ids := []string{"acknowledged", "cleared", "withdrawn"}
	w := c.withDeaths(ids...)
	for range 3 {
		w.release(0, w.claim(ids...)...)
	}
	former := w.claim(ids...)
	w.acknowledge(former...)
	w.clear("cleared")
	w.reopen(0)
	w.sweep()
	w.setOnline(ids...)
	w.sweepAfter(w.in(w.ttl))
	w.wantTokensAbove(former, w.claim(ids...))
}

// endsOutliveStore ends deaths in each way.
func endsOutliveStore(c *check) {
	w := c.watched()
	ends := map[string]string{
		"cleared": "Clear", "cleared-many": "ClearMany", "granted": "SetOnlineFor", "registered": "Register", "set": "SetOnline",
	}
	online := []string{"withdrawn"}
	for id, op := range ends {
		if !w.has(op) {
			delete(ends, id)
		} else if id[0] != 'c' {
			online = append(online, id)
		}
	}
	slices.Sort(online)
	ids := append(sortedKeys(ends), "forgotten", "withdrawn")
	w.die(ids...)
	for _, d := range w.claim(ids...) {
		switch d.ID {
		case "forgotten":
			w.release(0, d)
			w.forget(d.ID)
		case "withdrawn":
			w.withdraw(d)
		default:
			w.mustCall(ends[d.ID], d.ID)
		}
	}
	end := w.in(w.ttl)
	w.reopen(0)
	w.wantPending()
	w.sweep()
	w.wantOffline("cleared", "forgotten")
	w.justBefore(end)
	w.wantOnline(online...)
	w.justAfter(end)
	w.wantDetected(online...)
	w.wantPending(online...)
}

func withdrawalsOutliveStore(c *check) {
	w := c.withDeaths("heard", "silent")
	first := w.passed - w.after()
	w.withdraw(w.claim("heard", "silent")...)
	w.pass(w.ttl / 2)
	w.refresh("heard")
	heard := w.in(w.ttl)
	w.reopen(0)
	w.sweep()
	w.justAfter(heard)
	w.wantDetected("heard", "silent")
	all := w.claim("heard", "silent")
	w.wantSince(all[0], heard)
	w.wantSince(all[1], first)
}

func registeredOutlivesStore(c *check) {
	r := c.registrar()
	r.register("a", urlOf("a"), urlOf("a/internal"))
	end := c.in(c.ttl)
	c.reopen(c.ttl / 2)
	c.wantBoth("a")
	c.wantOnlineUntil(end, "a")
}
