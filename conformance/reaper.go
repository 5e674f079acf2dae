package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

func reaperThroughWrapper(c *check) {
	c.unwatched()
	c.s = wrapper{bare{c.s}}
	w := c.watched()
	w.die("a")
	w.acknowledge(w.take("a")...)
}

// eachInItsShard wants every workspace to be in one shard, for every method.
func eachInItsShard(c *check) {
	const crowd = 40
	w := c.watched()
	ids := names("crowd", crowd)
	w.setOnline(ids...)
	w.wantTally(tally{online: crowd})
	w.adopt("adopted-0", "adopted-1", "adopted-2")
	w.justAfter(w.in(w.ttl))
	w.hurryNoMore()
	place := map[string]int{}
	for shard := range w.r.Shards() {
		for _, id := range w.sweepOne(shard).Found {
			place[id] = shard
		}
	}
	if len(place) != crowd {
		w.fail("the shards together find %d dead, want %d", len(place), crowd)
	}
	handed := 0
	for shard := range w.r.Shards() {
		inShard := func(op, id string) {
			if want, found := place[id]; found && want != shard {
				w.fail("%s of shard %d returns %q, which shard %d has found", op, shard, id, want)
			}
		}
		for d, err := range w.r.Deaths(w.ctx, shard) {
			w.wantNil("Deaths", "", err)
			inShard("Deaths", d.ID)
		}
		for _, d := range w.claim(shard, store.Quota{Most: 1000, Lease: w.long()}) {
			inShard("Claim", d.ID)
			handed++
		}
	}
	if handed != crowd+3 {
		w.fail("the shards together hand out %d deaths, want %d", handed, crowd+3)
	}
}

// nonsenseRefused calls with arguments that can never work.
func nonsenseRefused(c *check) {
	w := c.unwatched()
	n := w.r.Shards()
	if n < 1 {
		w.fail("Shards returns %d, want 1 or more", n)
	}
	refused := func(op string, err error) {
		w.wantError(op, "", err, store.ErrInvalid)
	}
	sweep := func(shard int, interval time.Duration) {
		_, err := w.r.Sweep(w.ctx, shard, store.Watch{Interval: interval})
		refused("Sweep", err)
	}
	claim := func(shard, most int, lease time.Duration) {
		_, err := w.r.Claim(w.ctx, shard, store.Quota{Most: most, Lease: lease})
		refused("Claim", err)
	}
	for _, shard := range []int{-1, n} {
		sweep(shard, time.Second)
		claim(shard, 1, time.Second)
		refused("Adopt", w.r.Adopt(w.ctx, shard, []string{"a"}))
		_, err := w.r.Note(w.ctx, shard, "", "new")
		refused("Note", err)
		for _, err = range w.r.Deaths(w.ctx, shard) {
		}
		refused("Deaths", err)
	}
	for _, interval := range []time.Duration{0, -time.Second, store.MaxTTL + 1} {
		sweep(0, interval)
	}
	for _, most := range []int{0, -1} {
		claim(0, most, time.Second)
	}
	for _, lease := range []time.Duration{0, -time.Second, store.MinTTL - 1, store.MaxTTL + 1} {
		claim(0, 1, lease)
		_, err := w.r.Extend(w.ctx, nil, lease)
		refused("Extend", err)
	}
	for _, after := range []time.Duration{-1, store.MaxTTL + 1} {
		_, err := w.r.PutBack(w.ctx, store.Death{ID: "a", Token: 1}, after)
		refused("PutBack", err)
	}
	if note, err := w.r.Note(w.ctx, 0, "", ""); note != "" || err != nil {
		w.fail("Note returns %q and the error %v, want nothing of what was refused", note, err)
	}
}

// reapersAtOnce calls everything that is about deaths while they are handled.
func reapersAtOnce(c *check) {
	const callers, rounds = 8, 10
	w := c.watched()
	ids := names("crowd", 30)
	w.die(ids...)
	w.hurryNoMore()
	all := reaperCalls(w.r)
	w.callers(callers+1, func(i int) {
		if i < callers {
			for j := range rounds {
				m := all[(i+j)%len(all)]
				if m.op != "Claim" && m.op != "Adopt" && m.op != "Disown" {
					w.wantNil(m.op, ids[i], m.do(w.ctx, ids[i]))
				}
			}
			return
		}
		w.acknowledge(w.take(ids...)...)
	})
	w.wantDeaths()
}
