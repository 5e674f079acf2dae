package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func (c *check) setOnline(ids ...string) {
	for _, id := range ids {
		c.mustCall("SetOnline", id)
	}
}

func (c *check) refresh(ids ...string) {
	for _, id := range ids {
		c.mustCall("RefreshTTL", id)
	}
}

func (c *check) clear(ids ...string) {
	for _, id := range ids {
		c.mustCall("Clear", id)
	}
}

// done calls the method, or its twin, and wants it to succeed.
func (c *check) mustCall(method, id string) {
	op, err := c.call(method, id)
	c.wantNil(op, id, err)
}

// callOr is done, or failed with the other error.
func (c *check) callOr(method, id string, other error) (done bool) {
	op, err := c.call(method, id)
	if err != nil {
		c.wantError(op, id, err, other)
	}
	c.giveUpIfLate()
	return err == nil
}

// wantNoRefresh wants the workspaces not to be found by a refresh.
func (c *check) wantNoRefresh(ids ...string) {
	for _, id := range ids {
		op, err := c.call("RefreshTTL", id)
		c.wantError(op, id, err, store.ErrNotFound)
	}
}

func (c *check) isOnline(id string) bool {
	online, err := c.s.IsOnline(c.ctx, id)
	c.wantNil("IsOnline", id, err)
	return online
}

func (c *check) wantOnline(ids ...string)  { c.wantLiveness(true, ids) }
func (c *check) wantOffline(ids ...string) { c.wantLiveness(false, ids) }

func (c *check) wantLiveness(want bool, ids []string) {
	for _, id := range ids {
		if c.isOnline(id) != want {
			c.fail("IsOnline(%q) returns %t, want %t, after %v", id, !want, want, c.passed)
		}
	}
}

// wantOnlineFor wants the workspaces to be online for d from now, and no
// longer.
func (c *check) wantOnlineFor(d time.Duration, ids ...string) { c.wantOnlineUntil(c.in(d), ids...) }

// wantOnlineUntil wants the workspaces to be online until then, and no longer.
func (c *check) wantOnlineUntil(end time.Duration, ids ...string) {
	c.justBefore(end)
	c.wantOnline(ids...)
	c.justAfter(end)
	c.wantOffline(ids...)
}

// fill sets up to n workspaces online, many at once, and returns those that
// the store has taken and those for which it was full. It does not knock for
// ever at a store that is full.
func (c *check) fill(prefix string, n int) (taken, refused []string) {
	const enough = 100
	var mu sync.Mutex
	ids := names(prefix, n)
	c.spread(n, func(i int) {
		mu.Lock()
		full := len(refused) >= enough
		mu.Unlock()
		if full {
			return
		}
		done := c.callOr("SetOnline", ids[i], store.ErrFull)
		mu.Lock()
		defer mu.Unlock()
		if done {
			taken = append(taken, ids[i])
		} else {
			refused = append(refused, ids[i])
		}
	})
	if len(taken) == 0 {
		c.fail("the store refuses %q and all others, want room for 40", ids[0])
	}
	return taken, refused
}

// spread runs f for each of n numbers, by a few callers at once.
func (c *check) spread(n int, f func(i int)) {
	var next atomic.Int64
	c.callers(min(n, 64), func(int) {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			f(int(i))
		}
	})
}

// wantNil wants a call to have succeeded, in time.
func (c *check) wantNil(op, id string, err error) {
	c.called(op, id)
	if err != nil {
		c.fail("%s(%q) returns the error %q, want none, after %v", op, id, err, c.passed)
	}
}

// wantError wants a call to have failed with want and with no other error of
// the contract, in the form that the contract gives to errors.
func (c *check) wantError(op, id string, err, want error) {
	c.called(op, id)
	c.wantOneOf(op, id, err, want)
}

// wantOneOf is wantError where more than one error is right.
func (c *check) wantOneOf(op, id string, err error, wants ...error) {
	if err == nil {
		c.fail("%s(%q) succeeds, want %q, after %v", op, id, wants, c.passed)
	}
	for _, e := range sentinels() {
		if is, want := errors.Is(err, e), slices.Contains(wants, e); is && !want {
			c.fail("%s(%q) returns the error %q, want %q", op, id, err, wants)
		}
	}
	if !slices.ContainsFunc(wants, func(want error) bool { return errors.Is(err, want) }) {
		c.fail("%s(%q) returns the error %v, want %q", op, id, err, wants)
	}
	var e *store.Error
	switch {
	case !errors.As(err, &e):
		c.fail("%s(%q) returns a %T, want a *store.Error", op, id, err)
	case e.Op != op || !named(e, id):
		c.fail("%s(%q) returns an error of the method %q and the workspace %q: %v", op, id, e.Op, e.ID, err)
	case strings.Contains(err.Error(), secret):
		c.fail("%s(%q) returns an error that repeats a URL", op, id)
	}
}

func sentinels() []error {
	return []error{store.ErrNotFound, store.ErrInvalid, store.ErrUnavailable, store.ErrClosed, store.ErrFull,
		store.ErrLocked, store.ErrCorrupt, context.Canceled, context.DeadlineExceeded}
}

// named reports whether the error names the workspace, or none where the call
// is not about one; a call about many names the one that is illegal.
func named(e *store.Error, id string) bool {
	switch {
	case aboutAll(e.Op):
		return e.ID == ""
	case aboutMany(e.Op) && !errors.Is(e, store.ErrInvalid):
		return true
	}
	return e.ID == id
}
