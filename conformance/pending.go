package conformance

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

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

// pending returns what Deaths yields, of every shard, each once.
func (w *watch) pending() map[string]driver.Pending {
	all := map[string]driver.Pending{}
	for p, err := range w.deaths() {
		w.wantNil("Deaths", "", err)
		if _, twice := all[p.ID]; twice {
			w.fail("Deaths yields %q twice", p.ID)
		}
		all[p.ID] = p
	}
	w.giveUpIfLate()
	return all
}

// wantPending wants these deaths to be pending, and no others.
func (w *watch) wantPending(ids ...string) {
	got := w.pending()
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

func (w *watch) wantHandedOut(id string, want int) {
	if got := w.pending()[id].Attempt; got != want {
		w.fail("Deaths says that the death of %q was handed out %d times, want %d", id, got, want)
	}
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

// wantYielded wants one death to be yielded as one by Expire, and no other.
func (w *watch) wantYielded(expired string, phase driver.Phase) {
	for id, p := range w.pending() {
		if p.Expired != (id == expired) || id == expired && p.Phase != phase {
			w.fail("Deaths yields %q as %s with Expired = %t, after %v", id, p.Phase, p.Expired, w.passed)
		}
	}
}

func (w *watch) wantAdopted(want bool, deaths ...driver.Death) {
	for _, d := range deaths {
		if d.Adopted != want {
			w.fail("the death of %q is leased with Adopted = %t, want %t", d.ID, d.Adopted, want)
		}
	}
}

func (w *watch) wantExpired(want bool, deaths ...driver.Death) {
	for _, d := range deaths {
		if d.Expired != want {
			w.fail("the death of %q is leased with Expired = %t, want %t", d.ID, d.Expired, want)
		}
	}
}

// adopt offers the ids to every shard, and each takes its own. It returns those
// that are recent.
func (w *watch) adopt(due time.Time, ids ...string) (recent []string) {
	for shard := range w.traits.Shards {
		some, err := w.reaper().Adopt(w.ctx, shard, ids, due)
		w.wantNil("Adopt", "", err)
		recent = append(recent, some...)
	}
	slices.Sort(recent)
	return recent
}

func (w *watch) forget(ids ...string) { w.wantNil("Forget", "", w.reaper().Forget(w.ctx, ids)) }

// shardOf returns the shard of each of these workspaces, which have a death.
func (w *watch) shardOf(ids ...string) map[string]int {
	shards := map[string]int{}
	for shard := range w.traits.Shards {
		for p, err := range w.reaper().Deaths(w.ctx, shard) {
			w.wantNil("Deaths", "", err)
			if slices.Contains(ids, p.ID) {
				shards[p.ID] = shard
			}
		}
	}
	return shards
}

// crowdInOneShard returns the workspaces of one shard, of thousands that the store does
// not know. To find them takes as long as it takes: the story begins later.
func (c *check) crowdInOneShard() (shard int, ids []string) {
	w, slack := c.newWatch(), c.slack
	c.stopTiming()
	all := names("n", w.many(largeCrowd))
	w.adopt(w.at(w.in(w.long())), all...)
	w.sweep()
	for i := range w.traits.Shards {
		var some []string
		for p, err := range w.reaper().Deaths(w.ctx, i) {
			w.wantNil("Deaths", "", err)
			some = append(some, p.ID)
		}
		if len(some) > len(ids) {
			shard, ids = i, some
		}
	}
	w.forget(all...)
	c.slack = slack
	c.catchUp()
	return shard, ids
}

// inOneShard returns n workspaces of one shard, which the store does not know.
func (w *watch) inOneShard(n int) (shard int, ids []string) {
	const rounds, each = 20, 30
	in := make([][]string, w.traits.Shards)
	for round := range rounds {
		some := names(fmt.Sprintf("n%d", round), each)
		w.adopt(w.at(w.in(w.long())), some...)
		for id, shard := range w.shardOf(some...) {
			in[shard] = append(in[shard], id)
		}
		w.forget(some...)
		for shard, ids := range in {
			if len(ids) >= n {
				return shard, ids[:n]
			}
		}
	}
	w.fail("of %d workspaces no %d are in one of %d shards", rounds*each, n, len(in))
	return 0, nil
}
