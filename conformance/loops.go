package conformance

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/molecule-ai/liveness/store"
)

func listsWhileOthersComeAndGo(c *check) {
	l := c.lister()
	stay, _ := c.fill("stay", 25)
	loop := func() iter.Seq2[store.Status, error] { return l.Online(c.ctx) }
	comeAndGo(c, "Online", loop, func(s store.Status) string { return s.ID }, stay, stay)
}

func listsWhileOthersWrite(c *check) {
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
}

func bodyMayCallAnything(c *check) {
	l := c.lister()
	c.fill("crowd", 12)
	for status, err := range l.Online(c.ctx) {
		c.wantNil("Online", status.ID, err)
		c.callEverything(status.ID)
	}
	c.wantListed(l)
}

func bodyMayBreak(c *check) {
	l := c.lister()
	ids, _ := c.fill("crowd", 30)
	for range 3 {
		for range l.Online(c.ctx) {
			break
		}
	}
	c.setOnline(ids[0])
	c.wantListed(l, ids...)
}

func bodyMayClose(c *check) {
	l := c.lister()
	ids, _ := c.fill("crowd", smallCrowd)
	endsInLoop(c, "Online", l.Online(c.ctx), len(ids), c.close, store.ErrClosed)
	c.wantClosed()
}

func bodyMayCancel(c *check) {
	l := c.lister()
	ids, _ := c.fill("crowd", smallCrowd)
	ctx, cancel := context.WithCancel(c.ctx)
	endsInLoop(c, "Online", l.Online(ctx), len(ids), cancel, context.Canceled)
	c.wantOnline(ids...)
}

func listsNoneWhileAway(c *check) {
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
}
