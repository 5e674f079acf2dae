package conformance

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// contextChecks are those of C7.
func contextChecks() []entry {
	return []entry{
		{"C7", "a context that is done returns its error", atOnce, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			for ctx, want := range c.doneContexts() {
				for _, m := range methods(c.s) {
					c.wantError(m.op, "a", m.do(ctx, "a"), want)
				}
			}
		}},

		{"C7", "a call with a context that is done has no effect", timed, func(c *check) {
			c.setOnline("a")
			c.cacheBoth("a")
			end := c.in(c.ttl)
			c.pass(c.ttl / 2)
			for ctx := range c.doneContexts() {
				for _, m := range methods(c.s) {
					_ = m.do(ctx, "a")
					_ = m.do(ctx, "b")
				}
			}
			c.wantOnline("a")
			c.wantBoth("a")
			c.wantOffline("b")
			c.wantNeither("b")
			c.justAfter(end)
			c.wantOffline("a")
		}},

		// The calls have the token of the holder.
		{"C7", "a call of a holder with a context that is done has no effect", timed, func(c *check) {
			w := c.withDeaths("a")
			w.cacheBoth("a")
			d := w.claimFor(w.ttl/2, "a")[0]
			end := w.in(w.ttl / 2)
			for ctx, want := range w.doneContexts() {
				_, err := w.reaper().Begin(ctx, d)
				w.wantError("Begin", "a", err, want)
				_, err = w.reaper().Withdraw(ctx, d)
				w.wantError("Withdraw", "a", err, want)
				_, err = w.reaper().Release(ctx, d, 0)
				w.wantError("Release", "a", err, want)
				_, err = w.reaper().Acknowledge(ctx, d)
				w.wantError("Acknowledge", "a", err, want)
				_, err = w.reaper().Extend(ctx, []driver.Death{d}, w.long())
				w.wantError("Extend", "", err, want)
			}
			w.wantOffline("a")
			w.wantBoth("a")
			w.wantHandedOut("a", 0)
			w.claim()
			w.justBefore(end)
			w.wantPhase("a", driver.Leased, end)
			w.begin(d)
			w.justAfter(end)
			w.wantAttempt(2, w.claim("a")...)
		}},

		// The deaths are ready.
		{"C7", "a call of a monitor with a context that is done has no effect", timed, func(c *check) {
			w := c.withDeaths("ready")
			w.setOnline("unseen")
			w.passUnswept(w.in(w.ttl))
			for ctx, want := range w.doneContexts() {
				w.wantError("Forget", "", w.reaper().Forget(ctx, []string{"ready", "unseen"}), want)
				for shard := range w.traits.Shards {
					w.failsIn(ctx, shard, want)
				}
			}
			w.wantDetected("unseen")
			w.wantPending("ready", "unseen")
			w.claim("ready", "unseen")
			w.note(0, "", "first", "first")
		}},

		{"C7", "the effect of a call stays when its context ends", timed, func(c *check) {
			ctx, cancel := context.WithCancel(c.ctx)
			for _, err := range []error{
				c.s.SetOnline(ctx, "a"),
				c.s.RefreshTTL(ctx, "a"),
				c.s.CacheURL(ctx, "a", urlOf("a")),
				c.s.CacheInternalURL(ctx, "a", urlOf("a/internal")),
			} {
				c.wantNil("a call", "a", err)
			}
			cancel()
			c.pass(c.ttl / 4)
			c.wantOnline("a")
			c.wantBoth("a")
			c.refresh("a")
		}},

		// The contexts of some callers end. The others are served all the same, though a backend
		// may have put them together in one batch.
		{"C7", "the end of one caller's context does not affect the others", atOnce, func(c *check) {
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
		}},

		{"C7", "no call outlives its deadline while the backend is away", breaking, func(c *check) {
			c.returnsWithItsContext(func() (context.Context, context.CancelFunc, time.Time) {
				ctx, cancel := context.WithTimeout(c.ctx, soon)
				end, _ := ctx.Deadline()
				return ctx, cancel, end
			})
		}},

		{"C7", "no call outlives its cancellation while the backend is away", breaking, func(c *check) {
			c.returnsWithItsContext(func() (context.Context, context.CancelFunc, time.Time) {
				ctx, cancel := context.WithCancel(c.ctx)
				timer := time.AfterFunc(soon, cancel)
				return ctx, func() { timer.Stop(); cancel() }, time.Now().Add(soon)
			})
		}},

		// A batch for which callers wait, or a long list, may not hold them.
		{"C7", "no call outlives its deadline, however much there is to do", atOnce, func(c *check) {
			const callers, rounds = 16, 5
			c.setOnline("a")
			all, short, long := methods(c.s), c.lateMeter(), c.lateMeter()
			c.callers(callers, func(i int) {
				for j := range all {
					short.call(all[(i+j)%len(all)], 1+(i+j)%callers)
				}
			})
			short.wantOnTime()
			for _, list := range c.longLists() {
				for n := range rounds {
					long.call(list, 1+n)
				}
			}
			long.wantOnTime()
		}},
	}
}

// doneContexts returns contexts that are done, each with the error that says why.
func (c *check) doneContexts() map[context.Context]error {
	canceled, cancel := context.WithCancel(c.ctx)
	cancel()
	overdue, cancel := context.WithDeadline(c.ctx, time.Now().Add(-time.Hour))
	cancel()
	return map[context.Context]error{canceled: context.Canceled, overdue: context.DeadlineExceeded}
}

// soon is how long a call lasts when its context ends.
const soon = 100 * time.Millisecond

// returnsWithItsContext calls every method while the backend is away, at once,
// each with a context that ends.
func (c *check) returnsWithItsContext(ending func() (context.Context, context.CancelFunc, time.Time)) {
	const moment = 50 * time.Millisecond
	c.setOnline("a")
	c.breakdown()
	stalled := c.stallMeter()
	all := methods(c.s)
	c.callers(len(all), func(i int) {
		m := all[i]
		ctx, cancel, end := ending()
		defer cancel()
		err := m.do(ctx, "a")
		late := time.Since(end)
		c.wantOneOf(m.op, "a", err, store.ErrUnavailable, context.DeadlineExceeded, context.Canceled)
		if stall := stalled(); late > moment+stall {
			c.fail("%s returns %v after the end of its context, want at most %v; the machine stalled for %v at most",
				m.op, late, moment, stall)
		}
	})
}

// longLists returns the calls about lists of ids, with long ones.
func (c *check) longLists() (all []method) {
	ids := names("unknown", c.many(batchedIDs))
	list := func(op string, call func(ctx context.Context) error) {
		all = append(all, method{op, func(ctx context.Context, _ string) error { return call(ctx) }})
	}
	if b, ok := store.As[store.Batcher](c.s); ok {
		list("RefreshMany", func(ctx context.Context) error { _, err := b.RefreshMany(ctx, ids); return err })
		list("IsOnlineMany", func(ctx context.Context) error { _, err := b.IsOnlineMany(ctx, ids); return err })
		list("ClearMany", func(ctx context.Context) error { return b.ClearMany(ctx, ids) })
	}
	if r, ok := store.As[reaper](c.s); ok {
		list("Forget", func(ctx context.Context) error { return r.Forget(ctx, ids) })
	}
	return all
}

// lateMeter counts the calls that return late. An honest backend may be late now and then
// where the machine or its disk is, but not with most calls of a method.
type lateMeter struct {
	*check
	stalled func() time.Duration
	mu      sync.Mutex
	calls   map[string]int
	late    map[string][]time.Duration
}

func (c *check) lateMeter() *lateMeter {
	return &lateMeter{check: c, stalled: c.stallMeter(), calls: map[string]int{}, late: map[string][]time.Duration{}}
}

// call calls a method with a context that ends in so many milliseconds.
func (l *lateMeter) call(m method, ms int) {
	const moment = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(l.ctx, time.Duration(ms)*time.Millisecond)
	defer cancel()
	end, _ := ctx.Deadline()
	err := m.do(ctx, "a")
	over := time.Since(end)
	if err != nil {
		l.wantOneOf(m.op, "a", err, store.ErrNotFound, store.ErrUnavailable, context.DeadlineExceeded)
	}
	stall := l.stalled()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls[m.op]++; over > moment+stall {
		l.late[m.op] = append(l.late[m.op], over)
	}
}

// wantOnTime wants most calls of each method to have returned with their context.
func (l *lateMeter) wantOnTime() {
	for _, op := range sortedKeys(l.late) {
		if late := l.late[op]; 2*len(late) > l.calls[op] {
			l.fail("%d of %d calls of %s return late, by at least %v; the machine stalled for %v at most",
				len(late), l.calls[op], op, slices.Min(late), l.stalled())
		}
	}
}

// stallMeter measures, until the end of the check, by how much this machine
// was late to wake a goroutine. It returns a function that returns the worst so far.
func (c *check) stallMeter() (worst func() time.Duration) {
	const nap = 2 * time.Millisecond
	var longest atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			begun := time.Now()
			select {
			case <-stop:
				return
			case <-time.After(nap):
			}
			if over := int64(time.Since(begun) - nap); over > longest.Load() {
				longest.Store(over)
			}
		}
	}()
	c.t.Cleanup(func() { close(stop); <-stopped })
	return func() time.Duration { return time.Duration(longest.Load()) }
}

func (w *watch) failsIn(ctx context.Context, shard int, want error) {
	_, err := w.reaper().Claim(ctx, shard, driver.ClaimOptions{Max: 10, Lease: w.long()})
	w.wantError("Claim", "", err, want)
	_, err = w.reaper().Sweep(ctx, shard, driver.SweepOptions{Interval: w.interval})
	w.wantError("Sweep", "", err, want)
	_, err = w.reaper().Adopt(ctx, shard, []string{"unknown"}, w.at(w.passed))
	w.wantError("Adopt", "unknown", err, want)
	_, err = w.reaper().Note(ctx, shard, "", "new")
	w.wantError("Note", "", err, want)
}
