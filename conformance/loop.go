package conformance

import (
	"fmt"
	"iter"

	"github.com/molecule-ai/liveness/store"
)

// callEverything calls every method about a workspace that may be unknown.
func (c *check) callEverything(id string) {
	for _, m := range methods(c.s) {
		if err := m.do(c.ctx, id); err != nil {
			c.wantError(m.op, id, err, store.ErrNotFound)
		}
	}
}

// endsInLoop ends a loop from its first body: all items are yielded all the same, or the
// last one is the reason.
func endsInLoop[T comparable](c *check, op string, loop iter.Seq2[T, error], all int, end func(), reason error) {
	var none T
	var last error
	seen := 0
	for item, err := range loop {
		switch {
		case last != nil:
			c.fail("%s goes on after an error", op)
		case err != nil && item != none:
			c.fail("%s yields %+v beside an error", op, item)
		case err != nil:
			last = err
			continue
		case seen == 0:
			end()
		}
		seen++
	}
	if last != nil {
		c.wantError(op, "", last, reason)
	} else if seen < all {
		c.fail("%s yields %d of %d workspaces and no error, want %q as the last item", op, seen, all, reason)
	}
}

// comeAndGo lets others come and go in the bodies of a loop, which yields those that stay.
func comeAndGo[T any](c *check, op string, loop func() iter.Seq2[T, error], idOf func(T) string, stay, heard []string) {
	c.setOnline(names("go", 5)...)
	seen := map[string]int{}
	for item, err := range loop() {
		id := idOf(item)
		c.wantNil(op, id, err)
		if i := len(seen); i < 5 {
			c.clear(fmt.Sprintf("go-%d", i))
			c.setOnline(fmt.Sprintf("come-%d", i))
		}
		c.refresh(heard...)
		c.setOnline(heard[0])
		if seen[id]++; seen[id] > 1 {
			c.fail("%s yields %q twice", op, id)
		}
	}
	for _, id := range stay {
		if seen[id] != 1 {
			c.fail("%s does not yield %q, which was there throughout", op, id)
		}
	}
}
