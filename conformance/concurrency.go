package conformance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/molecule-ai/liveness/store"
)

func everyMethodAtOnce(c *check) {
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
}

// refreshAgainstClear lets heartbeats race with a Clear: in either order the
// workspace is offline in the end.
func refreshAgainstClear(c *check) {
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
}

// wholeURLs lets a writer count in long URLs: readers see each number whole,
// and never a smaller one than before.
func wholeURLs(c *check) {
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
}

// callersOfManyWorkspaces lets each caller work on a workspace of its own,
// where it sees its own writes only.
func callersOfManyWorkspaces(c *check) {
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
}

// linearizability records what a few callers see of one workspace and looks
// for an order of their calls that explains it.
func linearizability(c *check) { histories(c, 25) }

// histories records so many, and returns how many calls they have.
func histories(c *check, rounds int) (calls int) {
	const callers, each = 4, 4
	kinds := operations
	if _, ok := store.As[store.Expirer](c.s); !ok {
		kinds--
	}
	for round := range rounds {
		h := &history{}
		c.callers(callers, func(i int) {
			random := rand.New(rand.NewPCG(uint64(round), uint64(i)))
			for n := range each {
				h.call(operation(random.IntN(kinds)), i*each+n+1, c.perform)
			}
		})
		if !linearizable(h.events) {
			c.fail("no order of these calls explains their answers:\n%s", h)
		}
		calls += len(h.events)
		c.clear("a")
	}
	return calls
}

// perform does one operation of a history on the workspace a.
func (c *check) perform(op operation, arg int) (answer int) {
	switch op {
	case opSet:
		c.setOnline("a")
	case opRefresh:
		return oneIf(c.callOr("RefreshTTL", "a", store.ErrNotFound))
	case opIsOnline:
		return oneIf(c.isOnline("a"))
	case opClear:
		c.clear("a")
	case opExpire:
		c.wantNil("Expire", "a", store.Expire(c.ctx, c.s, "a"))
	case opCache:
		c.public().set("a", urlOf(strconv.Itoa(arg)))
	case opGet:
		url, err := c.s.GetCachedURL(c.ctx, "a")
		if c.found("GetCachedURL", err) {
			answer, err = strconv.Atoi(strings.TrimPrefix(url, urlOf("")))
			c.wantNil("GetCachedURL", "a", err)
		}
	}
	return answer
}

func (c *check) found(op string, err error) bool {
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		c.wantNil(op, "a", err)
	}
	return err == nil
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// cancelledAmongOthers ends the contexts of some callers. The others are served
// all the same, though a backend may have put them together in one batch.
func cancelledAmongOthers(c *check) {
	const callers, rounds = 16, 10
	c.setOnline("a")
	c.callers(callers, func(i int) {
		for range rounds {
			ctx, cancel := context.WithCancel(c.ctx)
			if i%2 == 0 {
				go cancel()
				if err := c.s.RefreshTTL(ctx, "a"); err != nil {
					c.wantError("RefreshTTL", "a", err, context.Canceled)
				}
			} else {
				c.refresh("a")
				c.wantOnline("a")
			}
			cancel()
		}
	})
}
