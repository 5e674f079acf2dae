package conformance

import "github.com/molecule-ai/liveness/store"

func deathsAreYielded(c *check) {
	w := c.watched()
	w.wantDeaths()
	w.adopt("adopted")
	w.die("acknowledged", "held", "later", "waiting")
	w.sweep()
	all := w.take("acknowledged", "adopted", "held", "later", "waiting")
	w.acknowledge(all[0])
	w.putBack(w.ttl, all[3])
	w.putBack(0, all[4])
	w.setOnline("online")
	w.wantDeaths("adopted", "held", "later", "waiting")
	for id, d := range w.deaths() {
		if d.Token != 0 {
			w.fail("Deaths yields %q with the token of its holder, %d", id, d.Token)
		}
		w.wantAdopted(id == "adopted", d)
		if id != "adopted" {
			w.wantDeadline(d, w.passed-w.after())
		}
	}
	w.wantHeld(all[2])
}

func deathsBodyMayCallAnything(c *check) {
	w := c.watched()
	w.die(names("crowd", 12)...)
	w.hurryNoMore()
	for shard := range w.r.Shards() {
		for d, err := range w.r.Deaths(w.ctx, shard) {
			w.wantNil("Deaths", "", err)
			for _, m := range calls(w.s) {
				if err := m.do(w.ctx, d.ID); err != nil {
					w.wantError(m.op, d.ID, err, store.ErrNotFound)
				}
			}
		}
	}
	w.wantDeaths()
}

func deathsBodyMayBreak(c *check) {
	w := c.watched()
	ids := names("crowd", 12)
	w.die(ids...)
	for shard := range w.r.Shards() {
		for range w.r.Deaths(w.ctx, shard) {
			break
		}
	}
	w.acknowledge(w.take(ids...)...)
}

// deathsBodyMayClose closes the store in the body of the loop: all are yielded
// all the same, or the last item says why not.
func deathsBodyMayClose(c *check) {
	w := c.watched()
	ids := names("crowd", 12)
	w.die(ids...)
	seen := 0
	var last error
	for shard := range w.r.Shards() {
		last = nil
		for d, err := range w.r.Deaths(w.ctx, shard) {
			switch {
			case last != nil:
				w.fail("Deaths goes on after an error")
			case err != nil && d != store.Death{}:
				w.fail("Deaths yields %v beside an error", d)
			case err != nil:
				last = err
			default:
				w.close()
				seen++
			}
		}
	}
	if seen == 0 {
		w.fail("Deaths yields nothing, want %d deaths", len(ids))
	}
	if last != nil {
		w.wantError("Deaths", "", last, store.ErrClosed)
	} else if seen < len(ids) {
		w.fail("Deaths yields %d of %d deaths and no error, want %q as the last item", seen, len(ids), store.ErrClosed)
	}
	w.wantClosed()
}
