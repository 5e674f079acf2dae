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
	for ctx, want := range w.ended() {
		_, err := w.r().Begin(ctx, d)
		w.wantError("Begin", "a", err, want)
		_, err = w.r().Withdraw(ctx, d)
		w.wantError("Withdraw", "a", err, want)
		_, err = w.r().Release(ctx, d, 0)
		w.wantError("Release", "a", err, want)
		_, err = w.r().Acknowledge(ctx, d)
		w.wantError("Acknowledge", "a", err, want)
		_, err = w.r().Extend(ctx, []driver.Death{d}, w.long())
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
	w.slip(w.in(w.ttl))
	for ctx, want := range w.ended() {
		w.wantError("Forget", "", w.r().Forget(ctx, []string{"ready", "unseen"}), want)
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
	_, err := w.r().Claim(ctx, shard, driver.ClaimOptions{Max: 10, Lease: w.long()})
	w.wantError("Claim", "", err, want)
	_, err = w.r().Sweep(ctx, shard, driver.SweepOptions{Interval: w.interval})
	w.wantError("Sweep", "", err, want)
	_, err = w.r().Adopt(ctx, shard, []string{"unknown"}, w.at(w.passed))
	w.wantError("Adopt", "unknown", err, want)
	_, err = w.r().Note(ctx, shard, "", "new")
	w.wantError("Note", "", err, want)
}
