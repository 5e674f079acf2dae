package conformance

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// closeChecks are those of C10.
func closeChecks() []entry {
	return []entry{
		{"C10", "after Close every method returns ErrClosed", atOnce, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			c.close()
			c.wantClosed()
		}},

		{"C10", "Close again returns nil", atOnce, func(c *check) {
			for range 3 {
				c.close()
			}
			c.wantClosed()
		}},

		{"C10", "Close by many at once returns nil", atOnce, func(c *check) {
			c.setOnline("a")
			c.callers(8, func(int) { c.close() })
			c.wantClosed()
		}},

		{"C10", "calls in flight finish or return ErrClosed", atOnce, func(c *check) {
			const callers, rounds, closers = 12, 50, 2
			all := methods(c.s)
			c.callers(callers+closers, func(i int) {
				if i >= callers {
					c.close()
					c.wantClosed()
					return
				}
				for j := range rounds {
					m, id := all[(i+j)%len(all)], fmt.Sprint(i)
					if err := m.do(c.ctx, id); err != nil {
						c.wantOneOf(m.op, id, err, store.ErrNotFound, store.ErrClosed)
					}
				}
			})
		}},

		{"C10", "Close is of one store only", atOnce, func(c *check) {
			c.setOnline("a")
			first := c.s
			c.open(store.TTLs{})
			c.wantOffline("a")
			c.setOnline("b")
			if err := first.Close(); err != nil {
				c.fail("Close returns %v, want nil", err)
			}
			c.wantOnline("b")
			c.refresh("b")
		}},

		// The store is that of an inner attempt: then what New opened beside the store is closed
		// too. Goroutines that are left carry a label of this check.
		{"C10", "Close leaves no goroutine", atOnce, func(c *check) {
			const label = "conformance"
			value := fmt.Sprintf("%p", c)
			inner := attempt.Make(c.ctx, c.t.TB, c.t.Name(), func(r *attempt.T) {
				pprof.SetGoroutineLabels(pprof.WithLabels(c.ctx, pprof.Labels(label, value)))
				user := &check{pace: c.pace, t: r, h: c.h, ctx: c.ctx}
				user.open(store.TTLs{})
				user.callers(8, func(i int) {
					id := fmt.Sprint(i)
					for _, m := range methods(user.s) {
						_ = m.do(user.ctx, id)
					}
				})
				user.breakOff()
				user.close()
			})
			if inner.Failed() {
				c.fail("%s", inner.Reason())
			}
			const tries = 100
			var left string
			for range tries {
				if left = labelled(label, value); left == "" {
					return
				}
				time.Sleep(5 * time.Millisecond) // a goroutine that was waited for may not have returned yet
			}
			c.fail("a goroutine is left after Close:\n%s", left)
		}},
	}
}

// breakOff ends each loop over the store in its first body, long before its last item.
func (c *check) breakOff() {
	const crowd = 20
	c.setOnline(names("online", crowd)...)
	if l, ok := store.As[store.Lister](c.s); ok {
		for range l.Online(c.ctx) {
			break
		}
	}
	if r, ok := store.As[reaper](c.s); ok {
		w := c.newWatch()
		w.adopt(time.Now(), names("dead", crowd)...)
		for shard := range w.traits.Shards {
			for range r.Deaths(c.ctx, shard) {
				break
			}
		}
	}
	if r, ok := store.As[driver.Restorer](c.s); ok {
		for range r.Dump(c.ctx) {
			break
		}
	}
}

func (c *check) wantClosed() {
	for _, m := range methods(c.s) {
		for _, id := range []string{"a", "unknown"} {
			c.wantError(m.op, id, m.do(c.ctx, id), store.ErrClosed)
		}
	}
}

// labelled returns the stacks of the goroutines with the label, "" if there
// are none. A goroutine inherits the labels of the one that started it.
func labelled(label, value string) string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return err.Error()
	}
	var stacks []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, fmt.Sprintf("%q:%q", label, value)) {
			stacks = append(stacks, stack)
		}
	}
	return strings.Join(stacks, "\n\n")
}
