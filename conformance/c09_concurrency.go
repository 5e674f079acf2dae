package conformance

import (
	"fmt"
	"strings"

	"github.com/molecule-ai/liveness/store"
)

// concurrencyChecks are those of C9.
func concurrencyChecks() []entry {
	return []entry{
		{"C9", "every method works for many callers at once", atOnce, func(c *check) {
			const callers, rounds = 16, 20
			all := methods(c.s)
			c.callers(callers, func(i int) {
				id := fmt.Sprint(i % 4)
				for j := range rounds {
					m := all[(i+j)%len(all)]
					if err := m.do(c.ctx, id); err != nil {
						c.wantError(m.op, id, err, store.ErrNotFound)
					}
				}
			})
			c.setOnline("0")
			c.wantOnline("0")
		}},

		// Each caller has a workspace of its own, and sees its own writes only.
		{"C9", "callers of different workspaces do not meet", atOnce, func(c *check) {
			const callers, rounds = 16, 5
			c.callers(callers, func(i int) {
				id := fmt.Sprintf("own-%d", i)
				for range rounds {
					c.wantOffline(id)
					c.wantNoRefresh(id)
					c.setOnline(id)
					c.cacheBoth(id)
					c.refresh(id)
					c.wantOnline(id)
					c.wantBoth(id)
					c.clear(id)
					c.wantNeither(id)
				}
			})
		}},

		// In either order the workspace is offline in the end.
		{"C9", "a refresh does not undo a Clear that it races with", atOnce, func(c *check) {
			const rounds, callers, each = 25, 3, 3
			for round := range rounds {
				c.setOnline("a")
				c.callers(callers+1, func(i int) {
					if i == round%(callers+1) {
						c.clear("a")
						return
					}
					for range each {
						c.callOr("RefreshTTL", "a", store.ErrNotFound)
					}
				})
				c.wantOffline("a")
				c.wantNoRefresh("a")
			}
		}},

		// A writer counts in long URLs: a reader sees each number whole, and never a smaller one
		// than before.
		{"C9", "a URL is read whole, and never an older one again", atOnce, func(c *check) {
			const last, readers, reads = 40, 3, 300
			url := func(n int) string {
				return fmt.Sprintf("https://%s.example/%s", secret, strings.Repeat(fmt.Sprintf("%03d.", n), 400))
			}
			for _, k := range []urlKind{c.public(), c.internal()} {
				number := map[string]int{}
				for n := range last + 1 {
					number[url(n)] = n
				}
				k.set("a", url(0))
				c.callers(1+readers, func(i int) {
					if i == 0 {
						for n := range last {
							k.set("a", url(n+1))
						}
						return
					}
					seen := 0
					for left := reads; left > 0 && seen < last; left-- {
						got, err := k.get(c.ctx, "a")
						c.wantNil(k.getOp, "a", err)
						n, whole := number[got]
						if !whole || n < seen {
							c.fail("%s returns a URL that is torn or older than the one it returned before: %q", k.getOp, got)
						}
						seen = n
					}
				})
				for range readers {
					k.want("a", url(last))
				}
			}
		}},

		{"C9", "the operations on a workspace are linearizable", atOnce, func(c *check) { histories(c, 25) }},

		{"C9", "two stores over the same data are one, until one is closed", atOnce, func(c *check) {
			other := c.join()
			c.setOnline("a")
			c.wantNil("SetOnline", "b", other.SetOnline(c.ctx, "b"))
			c.wantNil("Clear", "a", other.Clear(c.ctx, "a"))
			c.wantOffline("a")
			c.wantOnline("b")
			if err := other.Close(); err != nil {
				c.fail("Close returns %v, want nil", err)
			}
			c.setOnline("a")
			c.wantOnline("a", "b")
		}},
	}
}
