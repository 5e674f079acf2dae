package conformance

import (
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// comebackChecks are those of R4: a workspace that came back has no death.
func comebackChecks() []entry {
	return []entry{
		{"R4", "a workspace that came back before the claim is not leased", timed, func(c *check) {
			w := c.withDeaths("back", "dead")
			w.setOnline("back")
			w.wantPending("dead")
			w.claim("dead")
			w.wantOnline("back")
		}},

		{"R4", "a workspace that came back before the sweep is not detected", timed, func(c *check) {
			w := c.watched()
			w.setOnline("back", "dead")
			w.passUnswept(w.in(w.ttl))
			w.setOnline("back")
			w.wantDetected("dead")
			w.claim("dead")
			w.wantPending("dead")
			w.wantOnline("back")
		}},

		{"R4", "the holder is told of a comeback, by whatever call", timed, func(c *check) {
			w := c.watched()
			calls := map[string]func(id string) error{
				"cleared": func(id string) error { return w.s.Clear(w.ctx, id) },
				"set":     func(id string) error { return w.s.SetOnline(w.ctx, id) },
			}
			if r, ok := store.As[store.Registrar](w.s); ok {
				calls["registered"] = func(id string) error { return r.Register(w.ctx, id, "", "") }
			}
			if g, ok := store.As[store.Granter](w.s); ok {
				calls["granted"] = func(id string) error { return g.SetOnlineFor(w.ctx, id, w.ttl) }
			}
			ids := append(sortedKeys(calls), "dead")
			w.die(ids...)
			for _, d := range w.handOut(ids...) {
				if back := calls[d.ID]; back != nil {
					w.wantNil(d.ID, d.ID, back(d.ID))
					w.wantCameBack(d)
				} else {
					w.wantHeld(d)
				}
			}
			w.wantPending("dead")
			for id := range calls {
				w.wantLiveness(id != "cleared", []string{id})
			}
		}},

		{"R4", "a lease without a death ends by a call or with its time", timed, func(c *check) {
			ids := []string{"acknowledged", "ended", "released", "withdrawn"}
			w := c.withDeaths(ids...)
			leased := w.claimFor(w.ttl/4, ids...)
			end := w.in(w.ttl / 4)
			w.setOnline(ids...)
			w.acknowledge(leased[0])
			w.release(w.ttl, leased[2])
			w.withdraw(leased[3])
			w.wantLost(leased[0], leased[2], leased[3])
			w.justAfter(end)
			w.wantLost(leased[1])
			w.wantPending()
			w.wantOnline(ids...)
		}},

		{"R4", "a lease without a death can be extended", timed, func(c *check) {
			w := c.withDeaths("a")
			leased := w.claimFor(w.ttl/4, "a")
			w.setOnline("a")
			w.extend(w.ttl/2, leased...)
			w.justAfter(w.in(w.ttl / 4))
			w.extend(w.ttl/2, leased...)
			end := w.in(w.ttl / 2)
			w.justBefore(end)
			w.wantStanding("Begin", leased[0], w.tryBegin(leased[0]), driver.CameBack)
			w.justAfter(end)
			w.wantLost(leased...)
		}},

		{"R4", "a workspace that came back is not leased when its delay passes", timed, func(c *check) {
			w := c.withDeaths("a")
			w.release(w.ttl/4, w.claim("a")...)
			w.setOnline("a")
			w.pass(w.ttl / 2)
			w.sweep()
			w.claim()
			w.wantOnline("a")
		}},

		{"R4", "a refresh that is refused ends no death", timed, func(c *check) {
			w := c.withDeaths("a")
			w.wantNoRefresh("a")
			leased := w.claim("a")
			w.wantNoRefresh("a")
			w.wantHeld(leased...)
			w.begin(leased...)
			w.acknowledge(leased...)
			w.wantNoRefresh("a")
		}},
	}
}

// clearedIsNoDeath wants a way to clear workspaces to work in every state.
func (w *watch) clearedIsNoDeath(forget func(ids ...string)) {
	w.die("delayed", "handed-out", "leased")
	leased := w.claim("delayed", "handed-out", "leased")
	w.release(w.ttl*3, leased[0])
	w.begin(leased[1])
	w.die("ready")
	w.setOnline("unseen")
	end := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.setOnline("alive", "other")
	expired := w.expired("expired")
	w.passUnswept(end)
	forget(append(expired, "alive", "delayed", "handed-out", "leased", "ready", "unseen")...)
	w.wantCameBack(leased[1:]...)
	w.wantPending()
	w.sweepAfter(w.in(w.ttl))
	w.justAfter(w.in(w.ttl))
	w.claim("other")
}
