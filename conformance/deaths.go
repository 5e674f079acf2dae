package conformance

import (
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func deathsAreYielded(c *check) {
	w := c.watched()
	w.wantPending()
	w.adopt(w.at(w.in(0)), "adopted")
	w.die("acknowledged", "delayed", "leased", "ready")
	died := w.passed - w.after()
	w.sweep()
	all := w.handOut("acknowledged", "adopted", "delayed", "leased", "ready")
	w.acknowledge(all[0])
	w.release(w.ttl, all[2])
	delayed := w.in(w.ttl)
	w.release(0, all[4])
	w.extend(w.ttl*2, all[1], all[3])
	leased := w.in(w.ttl * 2)
	w.setOnline("online")
	w.wantPending("adopted", "delayed", "leased", "ready")
	for id, p := range w.pending() {
		if p.Token != 0 {
			w.fail("Deaths yields %q with the token of its holder, %d", id, p.Token)
		}
		w.wantAdopted(id == "adopted", p.Death)
		w.wantHandedOut(id, 1)
		if id != "adopted" {
			w.wantDeadline(p.Death, died)
			w.wantSince(p.Death, died)
		}
	}
	w.wantPhase("adopted", driver.Leased, leased)
	w.wantPhase("leased", driver.Leased, leased)
	w.wantPhase("delayed", driver.Delayed, delayed)
	w.wantPhase("ready", driver.Ready, 0)
}

// wantPhase wants a pending death to stand so until then; 0: without an end.
func (w *watch) wantPhase(id string, want driver.Phase, until time.Duration) {
	p := w.pending()[id]
	if p.Phase != want {
		w.fail("Deaths yields %q as %q, want %q, after %v", id, p.Phase, want, w.passed)
	}
	if want == driver.Ready && !p.Until.IsZero() {
		w.fail("Deaths yields %q, which is ready, with Until = %v", id, p.Until)
	}
	if want != driver.Ready {
		w.wantMoment("Until", p.Death, p.Until, until)
	}
}

func expiredAreYielded(c *check) {
	w, e := c.expiring()
	w.die("silent")
	w.setOnline("expired")
	e.expire("expired")
	w.wantYielded("expired", driver.Ready)
	all := w.handOut("expired", "silent")
	w.wantYielded("expired", driver.Leased)
	w.release(w.ttl, all...)
	w.wantYielded("expired", driver.Delayed)
}

func phasesFollowTime(c *check) {
	w := c.watched()
	w.adopt(w.at(w.in(w.ttl/2)), "adopted")
	adopted := w.in(w.ttl / 2)
	w.wantPhase("adopted", driver.Delayed, adopted)
	w.justAfter(adopted)
	w.wantPhase("adopted", driver.Ready, 0)
	w.die("a")
	w.wantPhase("a", driver.Ready, 0)
	w.claimFor(w.ttl/4, "a", "adopted")
	end := w.in(w.ttl / 4)
	w.wantPhase("a", driver.Leased, end)
	w.justAfter(end)
	w.wantPhase("a", driver.Ready, 0)
}

func deathsBodyMayCallAnything(c *check) {
	w := c.withDeaths(names("crowd", 12)...)
	w.stopTiming()
	for p, err := range w.deaths() {
		w.wantNil("Deaths", "", err)
		w.callEverything(p.ID)
	}
}

func deathsBodyMayBreak(c *check) {
	ids := names("crowd", 12)
	w := c.withDeaths(ids...)
	for shard := range w.traits.Shards {
		for range w.reaper().Deaths(w.ctx, shard) {
			break
		}
	}
	w.acknowledge(w.claim(ids...)...)
}

func deathsBodyMayClose(c *check) {
	ids := names("crowd", 12)
	w := c.withDeaths(ids...)
	endsInLoop(c, "Deaths", w.deaths(), len(ids), w.close, store.ErrClosed)
	w.wantClosed()
}

// deaths yields the deaths of every shard, up to the first shard that fails.
func (w *watch) deaths() iter.Seq2[driver.Pending, error] {
	return func(yield func(driver.Pending, error) bool) {
		failed := false
		for shard := 0; shard < w.traits.Shards && !failed; shard++ {
			for p, err := range w.reaper().Deaths(w.ctx, shard) {
				failed = failed || err != nil
				if !yield(p, err) {
					return
				}
			}
		}
	}
}
