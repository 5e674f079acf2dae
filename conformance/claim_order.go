package conformance

import (
	"fmt"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

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

// wantOrder claims one death at a time.
func (w *watch) wantOrder(shard int, o driver.ClaimOptions, ids ...string) (all []driver.Death) {
	o.Max, o.Lease = 1, w.long()
	for _, id := range ids {
		deaths := w.claimWith(shard, o)
		if got := idsOf(deaths); !slices.Equal(got, []string{id}) {
			w.fail("Claim leases %q, want %q of %q, after %v", got, id, ids, w.passed)
		}
		all = append(all, deaths...)
	}
	return all
}

func longestReadyFirst(c *check) {
	w := c.watched()
	shard, ids := w.inOneShard(4)
	for _, id := range ids {
		w.die(id)
	}
	w.pass(w.ttl / 4)
	first := w.wantOrder(shard, driver.ClaimOptions{}, ids[0], ids[1])
	w.release(0, first[1])
	w.pass(w.ttl / 4)
	w.release(0, first[0])
	w.wantOrder(shard, driver.ClaimOptions{}, ids[2], ids[3], ids[1], ids[0])
}

func expiredFirst(c *check) {
	w := c.watched()
	e := w.expirer()
	shard, ids := w.inOneShard(4)
	w.die(ids[0])
	w.die(ids[1])
	w.setOnline(ids[2:]...)
	e.expire(ids[2])
	first := w.wantOrder(shard, driver.ClaimOptions{}, ids[2])
	w.pass(w.ttl / 4)
	w.release(0, first...)
	w.pass(w.ttl / 8)
	e.expire(ids[3])
	w.wantOrder(shard, driver.ClaimOptions{}, ids[2], ids[3], ids[0], ids[1])
}

// apart lets two workspaces die, half a TTL apart.
func (w *watch) dieApart(early, late string) (between time.Time) {
	w.setOnline(early)
	w.pass(w.ttl / 2)
	w.setOnline(late)
	between = w.at(w.in(w.ttl * 3 / 4))
	w.sweepAfter(w.in(w.ttl))
	return between
}

func beforeLeavesOutTheLater(c *check) {
	w := c.watched()
	between := w.dieApart("early", "late")
	all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long(), Before: between})
	if got := idsOf(all); !slices.Equal(got, []string{"early"}) {
		w.fail("Claim with Before leases %q, want %q", got, "early")
	}
	w.claim("late")
}

// beforeSkipsTheLater has a death with a later deadline that has been ready for
// longer.
func beforeSkipsTheLater(c *check) {
	w := c.watched()
	shard, ids := w.inOneShard(2)
	between := w.dieApart(ids[0], ids[1])
	w.release(w.ttl/4, w.claimFirst(shard, ids[0])...)
	w.justAfter(w.in(w.ttl / 4))
	w.wantOrder(shard, driver.ClaimOptions{Before: between}, ids[0])
	w.wantOrder(shard, driver.ClaimOptions{}, ids[1])
}

func (w *watch) claimFirst(shard int, id string) []driver.Death {
	return w.wantOrder(shard, driver.ClaimOptions{}, id)
}

func beforeLeavesTheExpired(c *check) {
	w := c.watched()
	e := w.expirer()
	between := w.dieApart("early", "late")
	w.setOnline("expired")
	e.expire("expired")
	all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long(), Before: between})
	if got := idsOf(all); !slices.Equal(got, []string{"early", "expired"}) {
		w.fail("Claim with Before leases %q, want %q and %q", got, "early", "expired")
	}
	w.claim("late")
}

func onlyTheExpired(c *check) {
	w := c.watched()
	e := w.expirer()
	w.die("silent")
	w.setOnline("expired")
	e.expire("expired")
	all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long(), Expired: true})
	if got := idsOf(all); !slices.Equal(got, []string{"expired"}) {
		w.fail("Claim of the expired leases %q, want %q", got, "expired")
	}
	w.claim("silent")
}

// expiredStaysExpired gives a death by Expire back in each way.
func expiredStaysExpired(c *check) {
	w := c.watched()
	e := w.expirer()
	between := w.dieApart("early", "late")
	w.setOnline("expired")
	e.expire("expired")
	back := []func(d driver.Death){
		func(d driver.Death) { w.release(0, d) },
		func(d driver.Death) { w.justAfter(w.in(w.ttl / 4)) },
		func(d driver.Death) { w.release(w.ttl/4, d); w.justAfter(w.in(w.ttl / 4)) },
		func(d driver.Death) { w.begin(d); w.release(0, d) },
		func(d driver.Death) { w.begin(d); w.justAfter(w.in(w.ttl / 4)) },
	}
	for _, giveBack := range back {
		w.wantYielded("expired", driver.Ready)
		all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.ttl / 4, Before: between, Expired: true})
		if got := idsOf(all); !slices.Equal(got, []string{"expired"}) {
			w.fail("Claim of the expired leases %q, want %q, after %v", got, "expired", w.passed)
		}
		w.wantExpired(true, all...)
		w.wantYielded("expired", driver.Leased)
		giveBack(all[0])
	}
	all := w.claimAll(driver.ClaimOptions{Max: 10, Lease: w.long(), Before: between})
	if got := idsOf(all); !slices.Equal(got, []string{"early", "expired"}) {
		w.fail("Claim with Before leases %q, want %q and %q, after %v", got, "early", "expired", w.passed)
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
