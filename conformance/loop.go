package conformance

import (
	"fmt"
	"iter"
	"time"

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

// turnover is what happens in the bodies of a loop. One in ten of the crowd goes, others
// come, and those that stay move in whatever order the store keeps them.
type turnover struct {
	crowd       []string
	come        func(n int)
	leave, move func(id string)
}

// comeAndGo wants a loop to yield those that stay once, and returns how often each was
// yielded.
func comeAndGo[T any](c *check, op string, loop iter.Seq2[T, error], idOf func(T) string, t turnover) map[string]int {
	const each = 10
	c.gap(c.grain + 10*time.Millisecond)
	stays := map[string]bool{}
	for i, id := range t.crowd {
		stays[id] = i%each != 0
	}
	move := func(id string) {
		if stays[id] {
			t.move(id)
		}
	}
	seen := map[string]int{}
	for item, err := range loop {
		id, n := idOf(item), len(seen)
		c.wantNil(op, id, err)
		if seen[id]++; seen[id] > 1 {
			c.fail("%s yields %q twice", op, id)
		}
		if n*each < len(t.crowd) {
			t.leave(t.crowd[n*each])
			t.come(n)
		}
		move(id)
		if n < len(t.crowd) {
			move(t.crowd[len(t.crowd)-1-n])
		}
	}
	for _, id := range t.crowd {
		if stays[id] && seen[id] != 1 {
			c.fail("%s does not yield %q, which was there throughout", op, id)
		}
	}
	return seen
}

// livesTurnover is that of workspaces that are online.
func (c *check) livesTurnover(crowd []string) turnover {
	return turnover{
		crowd: crowd,
		come:  func(n int) { c.setOnline(fmt.Sprintf("come-%d", n)) },
		leave: func(id string) { c.clear(id) },
		move:  func(id string) { c.refresh(id) },
	}
}
