package conformance

import (
	"context"
	"fmt"
	"slices"

	"github.com/molecule-ai/liveness/store"
)

// listerLoopChecks are those of the loop over Lister.Online, whose body may do anything.
func listerLoopChecks() []entry {
	return []entry{
		{"Lister", "yields those that stay while the body lets others come and go", atOnce, func(c *check) {
			l := c.lister()
			crowd, _ := c.fill("crowd", c.many(largeCrowd))
			comeAndGo(c, "Online", l.Online(c.ctx), func(s store.Status) string { return s.ID }, c.livesTurnover(crowd))
		}},

		{"Lister", "yields those that stay while others write", atOnce, func(c *check) {
			l := c.lister()
			stay, _ := c.fill("stay", 20)
			const writers, rounds = 4, 15
			c.callers(2+writers, func(i int) {
				if i < writers {
					id := fmt.Sprintf("writer-%d", i)
					for range rounds {
						c.setOnline(id)
						c.refresh(stay...)
						c.clear(id)
					}
					return
				}
				for range 5 {
					got := c.listed(l)
					for _, id := range stay {
						if got[id] == 0 {
							c.fail("Online does not yield %q, which was online throughout", id)
						}
					}
				}
			})
		}},

		{"Lister", "the body may call any method", atOnce, func(c *check) {
			l := c.lister()
			c.fill("crowd", 12)
			for status, err := range l.Online(c.ctx) {
				c.wantNil("Online", status.ID, err)
				c.callEverything(status.ID)
			}
			c.wantListed(l)
		}},

		{"Lister", "the body may break", atOnce, func(c *check) {
			l := c.lister()
			ids, _ := c.fill("crowd", 30)
			for range 3 {
				for range l.Online(c.ctx) {
					break
				}
			}
			c.setOnline(ids[0])
			c.wantListed(l, ids...)
		}},

		{"Lister", "the body may close the store", atOnce, func(c *check) {
			l := c.lister()
			ids, _ := c.fill("crowd", c.many(largeCrowd))
			endsInLoop(c, "Online", l.Online(c.ctx), len(ids), c.close, store.ErrClosed)
			c.wantClosed()
		}},

		{"Lister", "the end of the context is the last item", atOnce, func(c *check) {
			l := c.lister()
			ids, _ := c.fill("crowd", c.many(largeCrowd))
			ctx, cancel := context.WithCancel(c.ctx)
			endsInLoop(c, "Online", l.Online(ctx), len(ids), cancel, context.Canceled)
			c.wantOnline(ids[0])
		}},

		{"Lister", "an outage in the loop is the last item", breaking, func(c *check) {
			l := c.lister()
			ids, _ := c.fill("crowd", c.many(largeCrowd))
			endsInLoop(c, "Online", l.Online(c.bounded(answerTime)), len(ids), func() { c.breakdown() }, store.ErrUnavailable)
		}},

		{"Lister", "the error of a backend that is away is the last item", breaking, func(c *check) {
			l := c.lister()
			c.setOnline("a")
			c.breakdown()
			ctx := c.bounded(answerTime)
			var items []error
			for _, err := range l.Online(ctx) {
				items = append(items, err)
			}
			if len(items) == 0 || items[len(items)-1] == nil {
				c.fail("Online ends without an error while the backend is away")
			}
			if slices.ContainsFunc(items[:len(items)-1], func(err error) bool { return err != nil }) {
				c.fail("Online goes on after an error")
			}
			c.wantError("Online", "", items[len(items)-1], store.ErrUnavailable)
		}},
	}
}
