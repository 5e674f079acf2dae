package conformance

import (
	"context"
	"fmt"

	"github.com/molecule-ai/liveness/store"
)

// idChecks are those of C6: which ids and URLs are legal.
func idChecks() []entry {
	return []entry{
		{"C6", "strange ids are all different workspaces", atOnce, func(c *check) {
			for _, ids := range strangeIDs() {
				for _, id := range ids {
					c.wantOffline(id)
					c.setOnline(id)
					c.wantOnline(id)
					c.refresh(id)
				}
				c.clear(alternate(ids, 0)...)
				c.wantOffline(alternate(ids, 0)...)
				c.wantOnline(alternate(ids, 1)...)
				c.clear(alternate(ids, 1)...)
				c.wantOffline(ids...)
			}
		}},

		{"C6", "a strange id is cleared alone", atOnce, func(c *check) {
			for _, ids := range strangeIDs() {
				c.setOnline(ids...)
				for i, id := range ids {
					c.clear(id)
					c.wantOffline(ids[:i+1]...)
					c.wantOnline(ids[i+1:]...)
				}
			}
		}},

		{"C6", "strange ids have URLs of their own", atOnce, func(c *check) {
			url := func(i int) string { return urlOf(fmt.Sprint(i)) }
			for _, ids := range strangeIDs() {
				for i, id := range ids {
					c.wantNeither(id)
					c.public().set(id, url(i))
					c.internal().set(id, url(-i))
				}
				for i, id := range ids {
					c.public().want(id, url(i))
					c.internal().want(id, url(-i))
					c.wantOffline(id)
					c.clear(id)
					c.wantNeither(id)
				}
			}
		}},

		{"C6", "strange ids have deaths of their own", timed, func(c *check) {
			w := c.watched()
			for _, ids := range strangeIDs() {
				w.adopt(w.at(w.in(w.long())), ids...)
				w.wantPending(ids...)
				w.forget(alternate(ids, 0)...)
				w.wantPending(alternate(ids, 1)...)
				w.forget(alternate(ids, 1)...)
				w.wantPending()
				w.catchUp()
				w.die(ids...)
				w.wantPending(ids...)
				leased := w.handOut(ids...)
				w.wantHeld(leased...)
				w.catchUp()
				var acknowledged, released, withdrawn []string
				for i, d := range leased {
					switch i % 3 {
					case 0:
						w.acknowledge(d)
						acknowledged = append(acknowledged, d.ID)
					case 1:
						w.release(0, d)
						released = append(released, d.ID)
					case 2:
						w.withdraw(d)
						withdrawn = append(withdrawn, d.ID)
					}
				}
				w.wantPending(released...)
				w.wantOnline(withdrawn...)
				w.wantRecent(w.at(w.in(w.long())), acknowledged, acknowledged...)
				w.clear(ids...)
				w.wantPending()
				w.catchUp()
			}
		}},

		{"C6", "illegal ids are refused by every method", atOnce, func(c *check) {
			for _, id := range illegalIDs() {
				c.wantInvalid(id)
			}
		}},

		{"C6", "illegal ids leave nothing behind", atOnce, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			for _, id := range []string{"a:url", "a:internal_url", "a\x00", "a ", "a\n", "a\xff"} {
				c.wantInvalid(id)
			}
			c.wantOnline("a")
			c.wantBoth("a")
			if l, ok := store.As[store.Lister](c.s); ok {
				c.wantListed(l, "a")
			}
		}},

		{"C6", "illegal URLs are refused and replace nothing", atOnce, func(c *check) {
			c.cacheBoth("a")
			for what, url := range illegalURLs() {
				for _, k := range []urlKind{c.public(), c.internal()} {
					for _, id := range []string{"a", "b"} {
						err := k.put(c.ctx, id, url)
						if err == nil {
							c.fail("%s of a URL that is wrong (%s) succeeds, want %q", k.putOp, what, store.ErrInvalid)
						}
						c.wantError(k.putOp, id, err, store.ErrInvalid)
					}
				}
				c.wantBoth("a")
				c.wantNeither("b")
			}
		}},

		{"C6", "illegal ids and URLs are refused before the backend is touched", breaking, func(c *check) {
			c.breakdown()
			c.wantInvalid("a:url")
			for _, k := range []urlKind{c.public(), c.internal()} {
				c.wantError(k.putOp, "a", k.put(c.ctx, "a", "/"+secret), store.ErrInvalid)
			}
		}},

		// Each call has more than one reason to fail.
		{"C6", "ErrInvalid comes before the context and the closed store", atOnce, func(c *check) {
			done, cancel := context.WithCancel(c.ctx)
			cancel()
			c.close()
			for _, m := range methods(c.s) {
				if !m.aboutAll() {
					c.wantError(m.op, "a b", m.do(c.ctx, "a b"), store.ErrInvalid)
					c.wantError(m.op, "a b", m.do(done, "a b"), store.ErrInvalid)
				}
				c.wantError(m.op, "a", m.do(done, "a"), context.Canceled)
				c.wantError(m.op, "a", m.do(c.ctx, "a"), store.ErrClosed)
			}
			for _, k := range []urlKind{c.public(), c.internal()} {
				c.wantError(k.putOp, "a", k.put(done, "a", "/"+secret), store.ErrInvalid)
			}
		}},
	}
}

// wantInvalid wants every method that takes an id to refuse this one.
func (c *check) wantInvalid(id string) {
	for _, m := range methods(c.s) {
		if !m.aboutAll() {
			c.wantError(m.op, id, m.do(c.ctx, id), store.ErrInvalid)
		}
	}
}
