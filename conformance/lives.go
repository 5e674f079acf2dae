package conformance

import (
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

// mustCall calls the method, or its twin, and wants it to succeed.
func (c *check) mustCall(method, id string) {
	op, err := c.call(method, id)
	c.wantNil(op, id, err)
}

// callOr calls the method, or its twin, which either succeeds or fails with that error.
func (c *check) callOr(method, id string, other error) (succeeded bool) {
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

func (c *check) wantOnline(ids ...string) { c.wantLiveness(true, ids) }

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

// heartbeats returns a way to be heard from for each method that has one.
func (c *check) heartbeats() map[string]func(id string) {
	beats := map[string]func(id string){
		"refresh": func(id string) { c.refresh(id) },
		"set":     func(id string) { c.setOnline(id) },
	}
	if b, ok := store.As[store.Batcher](c.s); ok {
		beats["batch"] = func(id string) {
			_, err := b.RefreshMany(c.ctx, []string{id})
			c.wantNil("RefreshMany", id, err)
		}
	}
	if g, ok := store.As[store.Granter](c.s); ok {
		beats["refresh-for"] = func(id string) { c.wantNil("RefreshFor", id, g.RefreshFor(c.ctx, id, c.ttl)) }
		beats["set-for"] = func(id string) { c.wantNil("SetOnlineFor", id, g.SetOnlineFor(c.ctx, id, c.ttl)) }
	}
	if r, ok := store.As[store.Registrar](c.s); ok {
		beats["register"] = func(id string) { c.wantNil("Register", id, r.Register(c.ctx, id, "", "")) }
	}
	return beats
}

// hear lets time pass without a sweep, in which and after which the workspaces
// are heard from.
func (c *check) hear(beats map[string]func(id string), d time.Duration) {
	for end := c.in(d); ; c.gap(min(c.ttl/2, end-c.passed)) {
		for _, id := range sortedKeys(beats) {
			beats[id](id)
		}
		if c.passed == end {
			return
		}
	}
}
