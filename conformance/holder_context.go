package conformance

import (
	"context"

	"github.com/molecule-ai/liveness/store/driver"
)

// doneContextOfAHolder calls with the token of the holder.
func doneContextOfAHolder(c *check) {
	w := c.withDeaths("a")
	w.cacheBoth("a")
	d := w.claimFor(w.ttl/2, "a")[0]
	end := w.in(w.ttl / 2)
	for ctx, want := range w.doneContexts() {
		_, err := w.reaper().Begin(ctx, d)
		w.wantError("Begin", "a", err, want)
		_, err = w.reaper().Withdraw(ctx, d)
		w.wantError("Withdraw", "a", err, want)
		_, err = w.reaper().Release(ctx, d, 0)
		w.wantError("Release", "a", err, want)
		_, err = w.reaper().Acknowledge(ctx, d)
		w.wantError("Acknowledge", "a", err, want)
		_, err = w.reaper().Extend(ctx, []driver.Death{d}, w.long())
		w.wantError("Extend", "", err, want)
	}
	w.wantOffline("a")
	w.wantBoth("a")
	w.wantHandedOut("a", 0)
	w.claim()
	w.justBefore(end)
	w.wantPhase("a", driver.Leased, end)
	w.begin(d)
	w.justAfter(end)
	w.wantAttempt(2, w.claim("a")...)
}

// doneContextOfAMonitor calls for deaths that are ready.
func doneContextOfAMonitor(c *check) {
	w := c.withDeaths("ready")
	w.setOnline("unseen")
	w.passUnswept(w.in(w.ttl))
	for ctx, want := range w.doneContexts() {
		w.wantError("Forget", "", w.reaper().Forget(ctx, []string{"ready", "unseen"}), want)
		for shard := range w.traits.Shards {
			w.failsIn(ctx, shard, want)
		}
	}
	w.wantDetected("unseen")
	w.wantPending("ready", "unseen")
	w.claim("ready", "unseen")
	w.note(0, "", "first", "first")
}

func (w *watch) failsIn(ctx context.Context, shard int, want error) {
	_, err := w.reaper().Claim(ctx, shard, driver.ClaimOptions{Max: 10, Lease: w.long()})
	w.wantError("Claim", "", err, want)
	_, err = w.reaper().Sweep(ctx, shard, driver.SweepOptions{Interval: w.interval})
	w.wantError("Sweep", "", err, want)
	_, err = w.reaper().Adopt(ctx, shard, []string{"unknown"}, w.at(w.passed))
	w.wantError("Adopt", "unknown", err, want)
	_, err = w.reaper().Note(ctx, shard, "", "new")
	w.wantError("Note", "", err, want)
}
