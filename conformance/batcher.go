package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// batcherChecks are those of store.Batcher, and of what stands in for one.
func batcherChecks() []entry {
	return []entry{
		{"Batcher", "answers stand in the order of the ids", atOnce, func(c *check) { c.batcher().inOrder() }},

		// Of each two ids one is online.
		{"Batcher", "strange ids are different workspaces in one list", atOnce, func(c *check) {
			b := c.batcher()
			for _, ids := range strangeIDs() {
				for first := range 2 {
					c.setOnline(alternate(ids, first)...)
					want := make([]bool, len(ids))
					for i := first; i < len(want); i += 2 {
						want[i] = true
					}
					b.online(ids, want...)
					b.refresh(ids, want...)
					b.clear(alternate(ids, 1-first)...)
					b.online(ids, want...)
					b.clear(alternate(ids, first)...)
					b.online(ids, make([]bool, len(ids))...)
				}
			}
		}},

		{"Batcher", "an empty list succeeds", atOnce, func(c *check) { c.batcher().ofNothing() }},

		{"Batcher", "an illegal id is named before anything is done", timed, func(c *check) { c.batcher().refuse() }},

		{"Batcher", "thousands of ids are answered", atOnce, func(c *check) { c.batcher().ofMany() }},

		{"Batcher", "ClearMany forgets all of each and nothing of others", atOnce, func(c *check) { c.batcher().clears() }},

		{"Batcher", "ClearMany leaves no death", timed, func(c *check) {
			b := c.batcher()
			c.watched().clearedIsNoDeath(b.clear)
		}},

		{"Batcher", "RefreshMany gives a full TTL and brings no workspace back", timed, func(c *check) { c.batcher().refreshes() }},

		{"Batcher", "RefreshMany asks For", timed, func(c *check) {
			now := c.openVarying()
			b := c.batcher()
			c.setOnline("a", "b")
			now.set(c.ttl / 2)
			b.refresh([]string{"a", "b"}, true, true)
			c.wantOnlineFor(c.ttl/2, "a", "b")
		}},

		// One of them is offline, and another is in the list twice.
		{"Batcher", "RefreshMany asks For of each id", timed, func(c *check) {
			c.openFor(ttlOf{"brief": c.ttl / 2, "long": 2 * c.ttl, "off": c.ttl / 4}.forID)
			b := c.batcher()
			c.setOnline("brief", "long", "usual")
			c.pass(c.ttl / 8)
			b.refresh([]string{"off", "usual", "long", "usual", "brief"}, false, true, true, true, true)
			ends := map[string]time.Duration{"brief": c.in(c.ttl / 2), "usual": c.in(c.ttl), "long": c.in(2 * c.ttl)}
			for _, id := range []string{"brief", "usual", "long"} {
				c.wantOnlineUntil(ends[id], id)
			}
		}},

		// RefreshMany neither ends a death nor brings one back.
		{"Batcher", "RefreshMany leaves deaths alone", timed, func(c *check) {
			b := c.batcher()
			w := c.watched()
			w.setOnline("alive", "dead", "leased", "unseen")
			end := w.in(w.ttl)
			w.pass(w.ttl / 2)
			b.refresh([]string{"alive", "alive"}, true, true)
			w.passUnswept(end)
			b.refresh([]string{"dead", "alive", "leased", "unseen"}, false, true, false, false)
			w.wantDetected("dead", "leased", "unseen")
			leased := w.claim("dead", "leased", "unseen")
			b.refresh([]string{"leased", "alive"}, false, true)
			b.online([]string{"leased", "alive"}, false, true)
			w.wantHeld(leased...)
			b.clear("leased", "dead")
			w.wantPending("unseen")
			w.wantCameBack(leased[:2]...)
			w.justAfter(w.in(w.ttl))
			w.wantDetected("alive")
		}},

		{"Batcher", "a call that fails answers nothing", atOnce, func(c *check) { c.batcher().fails() }},

		{"Batcher", "a backend that is away answers nothing", breaking, func(c *check) {
			b := c.batcher()
			c.setOnline("a")
			c.breakdown()
			ctx := c.bounded(answerTime)
			c.together(
				func() {
					got, err := store.RefreshMany(ctx, b.s, []string{"a", "b"})
					b.wantUnavailable("RefreshMany", got, err)
				},
				func() {
					got, err := store.IsOnlineMany(ctx, b.s, []string{"a", "b"})
					b.wantUnavailable("IsOnlineMany", got, err)
				},
				func() { b.wantUnavailable("ClearMany", nil, store.ClearMany(ctx, b.s, []string{"a", "b"})) },
			)
		}},

		{"Batcher", "answers one by one stand in the order of the ids", atOnce, func(c *check) { batch{c, bare{c.s}}.inOrder() }},

		{"Batcher", "an empty list succeeds one by one", atOnce, func(c *check) { batch{c, bare{c.s}}.ofNothing() }},

		{"Batcher", "an illegal id is named before anything is done one by one", timed, func(c *check) { batch{c, bare{c.s}}.refuse() }},

		{"Batcher", "clearing one by one forgets all of each and nothing of others", atOnce, func(c *check) { batch{c, bare{c.s}}.clears() }},

		// The workspaces that are online lie far apart in a list of others, which is of many
		// megabytes. Some are in it twice. The refresh gives each a TTL of its own.
		{"Batcher", "tens of thousands of ids are handled in one call", atOnce, func(c *check) {
			var usual varying
			times := map[string]time.Duration{}
			for i, id := range names("crowd", c.many(largeCrowd)) {
				times[id] = time.Duration(2 + i%2)
			}
			c.openFor(func(id string) time.Duration { return usual.forID(id) * times[id] })
			b := c.batcher()
			taken, _ := c.fill("crowd", len(times))
			const twice = 10
			n := c.many(batchedIDs)
			ids, want := longNames("other", n), make([]bool, n+twice)
			for i, id := range taken {
				at := (i+1)*(n/len(taken)) - 1
				ids[at], want[at] = id, true
			}
			for i := range twice {
				ids = append(ids, taken[i])
				want[n+i] = true
			}
			b.online(ids, want...)
			usual.set(c.ttl)
			b.refresh(ids, want...)
			if c.has("Lookup") {
				for id, left := range c.listed(c.lister()) {
					if ttl := times[id] * c.ttl; left > ttl || left <= ttl-c.ttl {
						c.fail("Online says that %q has %v remaining after RefreshMany, want %v", id, left, ttl)
					}
				}
			}
			b.clear(ids...)
			b.online(ids, make([]bool, len(ids))...)
		}},
	}
}

func (b batch) inOrder() {
	b.c.setOnline("a", "b")
	ids := []string{"x", "a", "y", "b", "a", "x", "z"}
	b.online(ids, false, true, false, true, true, false, false)
	b.refresh(ids, false, true, false, true, true, false, false)
	b.c.wantOffline("x", "y", "z")
	b.c.wantOnline("a", "b")
	b.online([]string{"b"}, true)
	b.refresh([]string{"y"}, false)
}

func (b batch) ofNothing() {
	b.c.setOnline("a")
	for _, none := range [][]string{nil, {}} {
		b.refresh(none)
		b.online(none)
		b.clear(none...)
	}
	b.c.wantOnline("a")
}

// refuse puts one illegal id at the end of a list.
func (b batch) refuse() {
	c := b.c
	c.setOnline("a")
	c.cacheBoth("a")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	for _, id := range []string{"", "b c", "a:url"} {
		ids := []string{"a", "unknown", id}
		got, err := store.RefreshMany(c.ctx, b.s, ids)
		b.wantRefused("RefreshMany", id, got, err)
		got, err = store.IsOnlineMany(c.ctx, b.s, ids)
		b.wantRefused("IsOnlineMany", id, got, err)
		b.wantRefused("ClearMany", id, nil, store.ClearMany(c.ctx, b.s, ids))
	}
	c.wantOnline("a")
	c.wantBoth("a")
	c.justAfter(end)
	c.wantOffline("a")
}

func (b batch) ofMany() {
	taken, _ := b.c.fill("crowd", b.c.many(largeCrowd))
	var ids []string
	var want []bool
	for i, id := range taken {
		ids = append(ids, id, "not-"+id)
		want = append(want, true, false)
		if i%3 == 0 {
			ids = append(ids, id)
			want = append(want, true)
		}
	}
	b.online(ids, want...)
	b.refresh(ids, want...)
	b.clear(ids...)
	b.online(ids, make([]bool, len(ids))...)
}

func (b batch) clears() {
	b.c.setOnline("a", "b", "c")
	b.c.cacheBoth("a", "b", "c", "d")
	b.clear("a", "unknown", "d", "a", "b")
	b.c.wantOffline("a", "b", "unknown", "d")
	b.c.wantNeither("a", "b", "unknown", "d")
	b.c.wantOnline("c")
	b.c.wantBoth("c")
}

func (b batch) refreshes() {
	c := b.c
	c.setOnline("a", "b", "left")
	end := c.in(c.ttl)
	c.pass(c.ttl / 2)
	b.refresh([]string{"a", "b", "a"}, true, true, true)
	last := c.in(c.ttl)
	c.justBefore(end)
	b.online([]string{"a", "b", "left"}, true, true, true)
	c.justAfter(end)
	b.refresh([]string{"left"}, false)
	b.online([]string{"a", "b", "left"}, true, true, false)
	c.justBefore(last)
	b.online([]string{"a", "b"}, true, true)
	c.justAfter(last)
	b.online([]string{"a", "b"}, false, false)
}

// fails calls for an answer where none can be given.
func (b batch) fails() {
	b.c.setOnline("a")
	for ctx, want := range b.c.doneContexts() {
		b.wantNoAnswer(ctx, want)
	}
	b.c.wantOnline("a")
	b.c.close()
	b.wantNoAnswer(b.c.ctx, store.ErrClosed)
}
