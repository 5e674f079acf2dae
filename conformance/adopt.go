package conformance

import "github.com/molecule-ai/liveness/store"

func adoptedInAGrace(c *check) {
	w := c.unwatched()
	w.sweep()
	end := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.adopt("cleared", "heard", "silent")
	w.setOnline("heard")
	w.clear("cleared")
	w.justBefore(end)
	w.sweep()
	w.take()
	w.wantDeaths("silent")
	w.wantOffline("silent")
	w.justAfter(end)
	w.sweep()
	silent := w.take("silent")
	w.wantAdopted(true, silent...)
	w.wantAttempt(1, silent...)
	w.acknowledge(silent...)
	w.justAfter(w.in(w.ttl / 2))
	w.wantFound("heard")
	w.wantAdopted(false, w.take("heard")...)
}

func adoptedLater(c *check) {
	w := c.watched()
	w.adopt("heard", "silent")
	end := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.setOnline("heard")
	w.adopt("heard", "silent")
	w.justBefore(end)
	w.sweep()
	w.take()
	w.justAfter(end)
	w.sweep()
	w.wantAdopted(true, w.take("silent")...)
	w.wantOnline("heard")
}

// adoptLeavesTheKnown adopts workspaces that are online, or dead already.
func adoptLeavesTheKnown(c *check) {
	w := c.watched()
	w.die("held")
	held := w.take("held")
	w.die("waiting")
	w.setOnline("unseen")
	w.pass(w.ttl / 2)
	w.setOnline("online")
	end := w.in(w.ttl)
	w.justAfter(w.in(w.ttl / 2))
	w.adopt("held", "online", "unseen", "waiting")
	w.wantHeld(held...)
	w.wantOnline("online")
	w.sweep()
	w.wantDeaths("held", "unseen", "waiting")
	known := w.take("unseen", "waiting")
	w.wantAdopted(false, known...)
	w.wantAttempt(1, known...)
	w.justAfter(end)
	w.wantFound("online")
	w.wantAdopted(false, w.take("online")...)
	w.justAfter(w.in(w.ttl))
	w.sweep()
	w.take()
}

func (w *watch) wantAdopted(want bool, deaths ...store.Death) {
	for _, d := range deaths {
		if d.Adopted != want {
			w.fail("the death of %q is handed out with Adopted = %t, want %t", d.ID, d.Adopted, want)
		}
	}
}

func disownForgetsTheDead(c *check) {
	w := c.watched()
	w.die("held")
	held := w.take("held")
	w.die("waiting")
	w.setOnline("unseen")
	w.pass(w.ttl / 2)
	w.setOnline("online", "other")
	end := w.in(w.ttl)
	w.adopt("adopted", "adopted-too")
	w.justAfter(w.in(w.ttl / 2))
	disowned := []string{"adopted", "cached", "held", "unseen", "waiting"}
	for _, id := range append(disowned, "online") {
		w.cacheBoth(id)
	}
	w.disown(append(disowned, "online", "unknown")...)
	w.wantLost(held...)
	w.wantNeither(disowned...)
	w.wantBoth("online")
	w.wantOnline("online", "other")
	w.wantDeaths("adopted-too")
	w.justAfter(end)
	w.wantFound("online", "other")
	w.take("adopted-too", "online", "other")
}
