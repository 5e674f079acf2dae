package conformance

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
)

// check is the story of one check so far, and its store.
type check struct {
	pace
	t      *attempt.T
	h      Harness
	ctx    context.Context
	s      store.LivenessStore // a pair where two stores take turns
	opened store.LivenessStore // as the harness returned it
	ttls   store.TTLs          // of opened

	story   string // the function that tells it
	steps   steps
	twins   map[string]string // methods that are called in place of others
	lists   atomic.Int64      // of ids that twins were called with
	begun   time.Time
	passed  time.Duration // how much time has passed in the story
	monitor *watch        // sweeps while time passes; nil: the store is not watched
}

// open begins with an empty store; TTLs that are 0 are those of the pace.
func (c *check) open(ttls store.TTLs) {
	if ttls.Liveness == 0 {
		ttls.Liveness = c.ttl
	}
	if ttls.URL == 0 {
		ttls.URL = c.urlTTL
	}
	c.ttls = ttls
	c.use(c.h.ask(func() store.LivenessStore { return c.h.New(c.t, ttls) }))
	c.begun, c.passed, c.monitor = time.Now(), 0, nil
}

// reopen opens again the data that the store left behind; away is how long it
// was closed.
func (c *check) reopen(away time.Duration) {
	if c.h.Reopen == nil {
		c.t.Skip("Harness.Reopen is nil")
	}
	c.close()
	c.gap(away)
	c.use(c.h.ask(func() store.LivenessStore { return c.h.Reopen(c.t, c.opened, c.ttls) }))
}

func (c *check) use(s store.LivenessStore) {
	if s == nil {
		c.fail("the harness returns no store")
	}
	c.s, c.opened = s, s
	c.t.Cleanup(func() { s.Close() })
	if c.h.inPairs {
		c.s = &pair{of: [2]store.LivenessStore{s, c.join()}}
	}
}

// join returns another store over the same data.
func (c *check) join() store.LivenessStore {
	if c.h.Join == nil {
		c.t.Skip("Harness.Join is nil")
	}
	s := c.h.ask(func() store.LivenessStore { return c.h.Join(c.t, c.opened) })
	if s == nil {
		c.fail("the harness joins no store")
	}
	c.t.Cleanup(func() { s.Close() })
	return s
}

func (c *check) close() {
	if err := c.s.Close(); err != nil {
		c.fail("Close returns %v, want nil", err)
	}
}

// bounded returns the context of a call that may not take longer than d.
func (c *check) bounded(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(c.ctx, d)
	c.t.Cleanup(cancel)
	return ctx
}
