package conformance

import (
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// watch is a check in which somebody looks for deaths.
type watch struct {
	*check
	r        store.Reaper
	interval time.Duration // promised to the store; as long as a TTL, so that no story makes a gap by accident
	seen     []time.Time   // the last Now of each shard
	epoch    time.Time     // when the story began, by the clock of the store
}

// unwatched begins to watch a store that nobody has swept.
func (c *check) unwatched() *watch {
	r, ok := store.As[store.Reaper](c.s)
	if !ok {
		c.t.Skip("the backend has no Reaper")
	}
	return &watch{check: c, r: r, interval: c.ttl, seen: make([]time.Time, r.Shards())}
}

// watched is unwatched, and past the grace that the first sweep begins.
func (c *check) watched() *watch {
	w := c.unwatched()
	w.sweep()
	w.justAfter(w.in(w.ttl))
	w.epoch = w.sweep().Now.Add(-w.passed)
	return w
}

// reopen goes on as a monitor that has just been started.
func (w *watch) reopen(away time.Duration) {
	w.check.reopen(away)
	*w = *w.unwatched()
}

// sweep sweeps every shard and returns what they found together.
func (w *watch) sweep() store.Sweep {
	shards := w.sweepEach()
	all := shards[0]
	for _, s := range shards[1:] {
		all.Next = min(all.Next, s.Next)
		all.TTL = max(all.TTL, s.TTL)
		all.Online += s.Online
		all.Late += s.Late
		all.Waiting += s.Waiting
		all.Held += s.Held
		all.Dropped += s.Dropped
		all.Found = append(all.Found, s.Found...)
	}
	slices.Sort(all.Found)
	return all
}

func (w *watch) sweepEach() []store.Sweep {
	shards := make([]store.Sweep, w.r.Shards())
	w.spread(len(shards), func(i int) { shards[i] = w.sweepOne(i) })
	return shards
}

// sweepOne sweeps a shard until nothing more is due.
func (w *watch) sweepOne(shard int) store.Sweep {
	const most = 1000
	var found []string
	for range most {
		s, err := w.r.Sweep(w.ctx, shard, store.Watch{Interval: w.interval, Seen: w.seen[shard]})
		w.wantNil("Sweep", "", err)
		w.seen[shard] = s.Now
		found = append(found, s.Found...)
		if s.Next > 0 {
			s.Found = found
			return s
		}
	}
	w.fail("%d sweeps in a row return Next = 0, after %v", most, w.passed)
	return store.Sweep{}
}

// wantFound wants a sweep to find these workspaces dead, and no others.
func (w *watch) wantFound(ids ...string) {
	want := slices.Sorted(slices.Values(ids))
	if got := w.sweep().Found; !slices.Equal(got, want) {
		w.fail("Sweep finds %q dead, want %q, after %v", got, want, w.passed)
	}
}

// die lets the workspaces live for a TTL, and be found dead.
func (w *watch) die(ids ...string) {
	w.setOnline(ids...)
	w.justAfter(w.in(w.ttl))
	w.wantFound(ids...)
}

// deaths returns what Deaths yields, of every shard, each once.
func (w *watch) deaths() map[string]store.Death {
	all := map[string]store.Death{}
	for shard := range w.r.Shards() {
		for d, err := range w.r.Deaths(w.ctx, shard) {
			w.wantNil("Deaths", "", err)
			if _, twice := all[d.ID]; twice {
				w.fail("Deaths yields %q twice", d.ID)
			}
			all[d.ID] = d
		}
	}
	w.onTime()
	return all
}

// wantDeaths wants these deaths to be unacknowledged, and no others.
func (w *watch) wantDeaths(ids ...string) {
	got := w.deaths()
	for _, id := range ids {
		if _, ok := got[id]; !ok {
			w.fail("Deaths does not yield %q, after %v", id, w.passed)
		}
		delete(got, id)
	}
	for id := range got {
		w.fail("Deaths yields %q, which has no death, after %v", id, w.passed)
	}
}

// adopt offers the ids to every shard, of which each takes its own.
func (w *watch) adopt(ids ...string) {
	for shard := range w.r.Shards() {
		w.wantNil("Adopt", "", w.r.Adopt(w.ctx, shard, ids))
	}
}

func (w *watch) disown(ids ...string) { w.wantNil("Disown", "", w.r.Disown(w.ctx, ids)) }
