package conformance

import (
	"context"
	"fmt"
	"slices"

	"github.com/molecule-ai/liveness/store"
)

// listsWhileOthersComeAndGo changes the crowd in the body of the loop.
func listsWhileOthersComeAndGo(c *check) {
	l := c.lister()
	stay, _ := c.fill("stay", 25)
	c.setOnline("go-0", "go-1", "go-2", "go-3", "go-4")
	seen := map[string]int{}
	for status, err := range l.Online(c.ctx) {
		c.wantNil("Online", status.ID, err)
		if i := len(seen); i < 5 {
			c.clear(fmt.Sprintf("go-%d", i))
			c.setOnline(fmt.Sprintf("come-%d", i))
		}
		c.refresh(stay...)
		c.setOnline(stay[0])
		if seen[status.ID]++; seen[status.ID] > 1 {
			c.fail("Online yields %q twice", status.ID)
		}
	}
	for _, id := range stay {
		if seen[id] != 1 {
			c.fail("Online does not yield %q, which was online throughout", id)
		}
	}
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
		for _, m := range calls(c.s) {
			if err := m.do(c.ctx, status.ID); err != nil {
				c.wantError(m.op, status.ID, err, store.ErrNotFound)
			}
		}
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
	c.endsInLoop(c.close, store.ErrClosed)
	c.wantClosed()
}

func bodyMayCancel(c *check) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	outer := c.ctx
	c.ctx = ctx
	ids := c.endsInLoop(cancel, context.Canceled)
	c.ctx = outer
	c.wantOnline(ids...)
}

// endsInLoop ends the loop from its first body: all are yielded all the same,
// or the last item is the reason. It returns the workspaces that are online.
func (c *check) endsInLoop(end func(), want error) (ids []string) {
	l := c.lister()
	ids, _ = c.fill("crowd", fewer)
	seen := map[string]bool{}
	var last error
	for status, err := range l.Online(c.ctx) {
		switch {
		case last != nil:
			c.fail("Online goes on after an error")
		case err != nil && status != store.Status{}:
			c.fail("Online yields %v beside an error", status)
		case err != nil:
			last = err
			continue
		case len(seen) == 0:
			end()
		}
		seen[status.ID] = true
	}
	if last != nil {
		c.wantError("Online", "", last, want)
	} else if len(seen) < len(ids) {
		c.fail("Online yields %d of %d workspaces and no error, want %q as the last item", len(seen), len(ids), want)
	}
	return ids
}

func listsNoneWhileAway(c *check) {
	l := c.lister()
	c.setOnline("a")
	c.breakdown()
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
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
