package conformance

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/molecule-ai/liveness/store"
)

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

// operation is what a caller of a history does with the one workspace.
type operation int

const (
	opSet operation = iota
	opRefresh
	opIsOnline
	opClear
	opCache
	opGet
	opExpire       // the last, because not every store has it
	operations int = iota
)

func (o operation) String() string {
	return [...]string{"SetOnline", "RefreshTTL", "IsOnline", "Clear", "CacheURL", "GetCachedURL", "Expire"}[o]
}

// event is one call that has returned. Its times are those of the history.
type event struct {
	op          operation
	arg, answer int
	begun, done int
}

// history is what several callers did, and what they were answered.
type history struct {
	mu     sync.Mutex
	clock  int
	events []event
}

func (h *history) call(op operation, arg int, perform func(operation, int) int) {
	begun := h.tick(nil)
	e := event{op: op, arg: arg, begun: begun}
	e.answer = perform(op, arg)
	h.tick(&e)
}

func (h *history) tick(done *event) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	if done != nil {
		done.done = h.clock
		h.events = append(h.events, *done)
	}
	return h.clock
}

// String lists the calls in the order in which they began.
func (h *history) String() string {
	events := slices.Clone(h.events)
	slices.SortFunc(events, func(a, b event) int { return a.begun - b.begun })
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%3d to %3d  %s(%d) = %d\n", e.begun, e.done, e.op, e.arg, e.answer)
	}
	return b.String()
}

// workspace is what a store should know at one moment.
type workspace struct {
	online bool
	url    int
}

// after returns the workspace after the event, and whether its answer is right.
func (w workspace) after(e event) (workspace, bool) {
	switch e.op {
	case opSet:
		w.online = true
	case opExpire:
		w.online = false
	case opClear:
		w = workspace{}
	case opCache:
		w.url = e.arg
	case opGet:
		return w, e.answer == w.url
	case opRefresh, opIsOnline:
		return w, e.answer == oneIf(w.online)
	}
	return w, true
}

// linearizable reports whether each event can have happened at one moment
// between its beginning and its end. It tries all orders of fewer than 64 events.
func linearizable(events []event) bool {
	type point struct {
		happened uint64
		w        workspace
	}
	refuted := map[point]bool{}
	var explain func(p point) bool
	explain = func(p point) bool {
		if refuted[p] {
			return false
		}
		if p.happened == 1<<len(events)-1 {
			return true
		}
		first := math.MaxInt // the end by which one that has not happened must have
		for i, e := range events {
			if p.happened>>i&1 == 0 {
				first = min(first, e.done)
			}
		}
		for i, e := range events {
			if p.happened>>i&1 == 1 || e.begun > first {
				continue
			}
			if w, right := p.w.after(e); right && explain(point{p.happened | 1<<i, w}) {
				return true
			}
		}
		refuted[p] = true
		return false
	}
	return explain(point{})
}
