package conformance

import (
	"sync"

	"github.com/molecule-ai/liveness/store"
)

func claimedByOne(c *check) {
	w := c.watched()
	w.die("a", "b")
	w.take("a", "b")
	w.take()
	w.sweep()
	w.take()
}

// claimersShareTheDead lets many claim at once what died at once.
func claimersShareTheDead(c *check) {
	const claimers, crowd, most = 8, 500, 7
	w := c.watched()
	ids, _ := w.fill("crowd", crowd)
	w.justAfter(w.in(w.ttl))
	w.hurryNoMore()
	w.sweep()
	var mu sync.Mutex
	handed := map[string]int{}
	w.callers(claimers, func(int) {
		for shard := 0; shard < w.r.Shards(); {
			deaths := w.claim(shard, store.Quota{Most: most, Lease: w.long()})
			if len(deaths) == 0 {
				shard++
			}
			for _, d := range deaths {
				mu.Lock()
				handed[d.ID]++
				twice := handed[d.ID] > 1
				mu.Unlock()
				if twice {
					w.fail("the death of %q is handed out twice", d.ID)
				}
				w.acknowledge(d)
			}
		}
	})
	w.wantEachOnce("handed out", handed, ids)
	w.wantDeaths()
}

func leasesEnd(c *check) {
	w := c.watched()
	w.die("a")
	for range 3 {
		end := w.in(w.ttl / 2)
		w.takeFor(w.ttl/2, "a")
		w.justBefore(end)
		w.take()
		w.justAfter(end)
	}
	w.take("a")
}

func putBackUntilLater(c *check) {
	w := c.watched()
	w.die("a")
	w.putBack(w.ttl/2, w.take("a")...)
	end := w.in(w.ttl / 2)
	w.take()
	w.justBefore(end)
	w.sweep()
	w.take()
	w.justAfter(end)
	w.take("a")
}

func putBackAtOnce(c *check) {
	w := c.watched()
	w.die("a", "b")
	for range 5 {
		held := w.take("a", "b")
		w.putBack(0, held...)
	}
	w.take("a", "b")
}

func attemptsAreCounted(c *check) {
	w := c.watched()
	w.die("a")
	for attempt := 1; attempt <= 4; attempt++ {
		held := w.takeFor(w.ttl/4, "a")
		w.wantAttempt(attempt, held...)
		if attempt%2 == 0 {
			w.putBack(0, held...)
		} else {
			w.justAfter(w.in(w.ttl / 4))
		}
	}
}

// tokensGrow claims what died together and one after another.
func tokensGrow(c *check) {
	w := c.watched()
	w.die("a", "b", "c", "d", "e", "f")
	last := make([]int64, w.r.Shards())
	for round := range 3 {
		n := 0
		for shard := range last {
			before := last[shard]
			used := map[int64]bool{}
			for _, d := range w.claim(shard, store.Quota{Most: 10, Lease: w.long()}) {
				if d.Token <= before || used[d.Token] {
					w.fail("the death of %q is handed out with the token %d, want one that is new and above %d",
						d.ID, d.Token, before)
				}
				n++
				used[d.Token] = true
				last[shard] = max(last[shard], d.Token)
				w.putBack(0, d)
			}
		}
		if n != 6 {
			w.fail("Claim hands out %d deaths in round %d, want 6", n, round)
		}
	}
}

func notMoreThanAsked(c *check) {
	const dead, most = 20, 3
	for _, random := range []bool{false, true} {
		c.open(store.TTLs{})
		w := c.watched()
		ids := names("crowd", dead)
		w.die(ids...)
		handed := map[string]int{}
		for range 100 {
			for shard := range w.r.Shards() {
				deaths := w.claim(shard, store.Quota{Most: most, Lease: w.long(), Random: random})
				if len(deaths) > most {
					w.fail("Claim hands out %d deaths, want at most %d", len(deaths), most)
				}
				for _, d := range deaths {
					handed[d.ID]++
				}
			}
			if len(handed) == dead {
				break
			}
		}
		w.wantEachOnce("handed out", handed, ids)
	}
}

func deadlineOfADeath(c *check) {
	w := c.watched()
	w.setOnline("refreshed", "silent")
	silent := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.refresh("refreshed")
	refreshed := w.in(w.ttl)
	w.justAfter(silent)
	w.sweep()
	w.wantDeadline(w.take("silent")[0], silent)
	w.justAfter(refreshed)
	w.sweep()
	w.wantDeadline(w.take("refreshed")[0], refreshed)
}

// deadlineThatNobodySaw sweeps long after a refreshed workspace has died.
func deadlineThatNobodySaw(c *check) {
	w := c.watched()
	w.setOnline("a")
	w.pass(w.ttl / 2)
	w.refresh("a")
	end := w.in(w.ttl)
	w.pass(2 * w.ttl)
	w.sweep()
	d := w.take("a")[0]
	near := w.grain + w.slack
	if got := d.Deadline.Sub(w.epoch); got < end-w.ttl-near || got > end+near {
		w.fail("the deadline of a death that nobody saw is %v after the story began, want %v or up to %v earlier", got, end, w.ttl)
	}
}
