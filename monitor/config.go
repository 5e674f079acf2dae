package monitor

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Config configures a Monitor. The zero value works. Where a default has to
// choose between restarting a healthy workspace and restarting a dead one
// late, it chooses the latter; the comment of each field says what that costs.
type Config struct {
	// Interval is the longest time between two sweeps of a shard; a sweep
	// comes earlier if a deadline does, and one shard is swept six times per
	// heartbeat. A TTL that is granted after a sweep and is shorter than the
	// Interval is detected up to one Interval late. 0 means
	// TTLs.Liveness/90 of the store, at least 10 ms and at most 2 s. More than
	// TTLs.Liveness/6 is refused. All monitors of a store should use the same.
	Interval time.Duration

	// Lease is for how long a death is this monitor's without being extended:
	// if the monitor is killed, its deaths wait so long. A call of the store
	// may take a third of it. 0 means 30 s.
	Lease time.Duration

	// Concurrency is how many handlers run at once. Deaths beyond it wait for
	// a free place here or in another monitor. 0 means 16.
	Concurrency int

	// HandlerTimeout is for how long a handler may run before its context ends. One
	// that does not return half a Lease later is left behind: its place is free
	// again, and its death is handed out again. 0 means 10 min.
	HandlerTimeout time.Duration

	// Hold guards against restarting the living when heartbeats do not arrive.
	Hold Hold

	// Probe, if set, is a second witness: it is asked before a handler runs. If it
	// says alive, the death is withdrawn: the workspace is online for its TTL from
	// then. If it says dead, the death is handed out at once, also during a hold.
	// After an error the monitor goes on as if there were no Probe.
	Probe func(ctx context.Context, id string) (alive bool, err error)

	// ProbeTimeout bounds one call of Probe, whether or not it heeds its
	// context. 0 means 5 s.
	ProbeTimeout time.Duration

	// ProbeMost bounds how long Probe can keep a workspace whose container runs
	// but whose agent hangs. One that was last heard from longer ago is handed
	// out, whatever Probe says, once heartbeats arrive from the others. 0 means 5
	// times the liveness TTL of the workspace.
	ProbeMost time.Duration

	// Expected, if set, returns the workspaces that should be online according
	// to their owner. One monitor asks it for all, at the beginning and the end
	// of a grace and at every Reconcile. A workspace that it names and the store
	// does not know is adopted: reported one TTLs.Liveness after it was first
	// named, unless it is heard from. A workspace that it does not name at the end
	// of a grace, and that was not handed out before, is forgotten. An answer that
	// fails, or takes longer than 30 s, is asked for again later; deaths are
	// reported meanwhile.
	Expected func(ctx context.Context) ([]string, error)

	// Reconcile is how often Expected is asked in quiet times: a workspace
	// that never registered is reported so much later. 0 means 5 min.
	Reconcile time.Duration

	// Backoff says when a death is ready again whose handler failed.
	Backoff Backoff

	// Drain is how long handlers may go on when the context of Run has ended,
	// before theirs ends too. 0 means 10 s.
	Drain time.Duration

	// DryRun detects deaths and hands none out.
	DryRun bool

	// Observe, if set, is called with each event, one at a time, in a
	// goroutine of its own. If it falls behind by 1,024 events, the next ones
	// are left out and counted in Status.
	Observe func(Event)

	// Logger is told of deaths, graces, holds and failures, likewise in a
	// goroutine of its own; it may fall behind by 65,536 lines. nil means
	// no log.
	Logger *slog.Logger
}

// Hold says how the evidence against the path of the heartbeats is weighed;
// the package comment has the rule. The zero value works.
type Hold struct {
	// Share of the fleet that must be silent, by a lower confidence bound, to
	// begin a hold. A smaller share protects when a smaller part of the fleet
	// is cut off, and delays the restarts of as many that really died. 0 means
	// 0.12; 1 turns the guard off: every death is handed out at its deadline.
	Share float64

	// Partial is how long a hold lasts at most while less than half of the
	// fleet is silent: deaths of that many are handed out so much later. 0
	// means TTLs.Liveness, or Most if that is less.
	Partial time.Duration

	// Most is how long a hold lasts at most once half of the fleet is silent.
	// 0 means 5 times TTLs.Liveness.
	Most time.Duration
}

// defaultShare lets 3 of 10, and 10 % of a large fleet, be restarted at once, and
// protects a part of a fifth.
const defaultShare = 0.12

// longest returns how long a hold lasts at most in which such a part of the fleet
// was silent.
func (h Hold) longest(part float64) time.Duration {
	if part >= mostOfTheFleet {
		return h.Most
	}
	return h.Partial
}

// Backoff is a wait that doubles with each attempt, from First to Most, and is
// lengthened by chance by up to a quarter. A First of 0 means 1 s; a Most of 0 means 1 min,
// or First if that is longer.
type Backoff struct {
	First, Most time.Duration
}

// after returns how long to wait after a failed attempt.
func (b Backoff) after(attempt int) time.Duration {
	wait := b.First
	for n := 1; n < attempt && wait < b.Most; n++ {
		wait = min(2*wait, b.Most)
	}
	return min(wait+rand.N(wait/4+1), store.MaxTTL)
}

// complete sets the defaults for a store with the given traits. The error names
// the field that cannot be used.
func (c Config) complete(traits driver.Traits) (Config, error) {
	ttl := traits.Liveness()
	partial := min(ttl, cmp.Or(c.Hold.Most, ttl))
	interval := min(max(ttl/90, 10*time.Millisecond), 2*time.Second)
	for _, d := range []struct {
		field             string
		value             *time.Duration
		least, most, zero time.Duration
	}{
		{"Interval", &c.Interval, store.MinTTL, max(ttl/6, store.MinTTL), min(interval, max(ttl/6, store.MinTTL))},
		{"Lease", &c.Lease, 100 * time.Millisecond, store.MaxTTL, 30 * time.Second},
		{"HandlerTimeout", &c.HandlerTimeout, store.MinTTL, store.MaxTTL, 10 * time.Minute},
		{"Hold.Partial", &c.Hold.Partial, store.MinTTL, store.MaxTTL, partial},
		{"Hold.Most", &c.Hold.Most, store.MinTTL, 5 * store.MaxTTL, 5 * ttl},
		{"ProbeTimeout", &c.ProbeTimeout, store.MinTTL, store.MaxTTL, 5 * time.Second},
		{"Reconcile", &c.Reconcile, store.MinTTL, store.MaxTTL, 5 * time.Minute},
		{"Drain", &c.Drain, store.MinTTL, store.MaxTTL, 10 * time.Second},
		{"Backoff.First", &c.Backoff.First, store.MinTTL, store.MaxTTL, time.Second},
		{"Backoff.Most", &c.Backoff.Most, store.MinTTL, store.MaxTTL, max(time.Minute, c.Backoff.First)},
	} {
		if *d.value == 0 {
			*d.value = d.zero
		} else if *d.value < d.least || *d.value > d.most {
			return c, invalid("Config.%s is %v, want %v to %v, or 0 for %v", d.field, *d.value, d.least, d.most, d.zero)
		}
	}
	c.Hold.Share = cmp.Or(c.Hold.Share, defaultShare)
	c.Concurrency = cmp.Or(c.Concurrency, 16)
	switch {
	case c.Backoff.Most < c.Backoff.First:
		return c, invalid("Config.Backoff.Most is %v, want at least Backoff.First (%v)", c.Backoff.Most, c.Backoff.First)
	case c.Hold.Most < c.Hold.Partial:
		return c, invalid("Config.Hold.Most is %v, want at least Hold.Partial (%v)", c.Hold.Most, c.Hold.Partial)
	case !(c.Hold.Share > 0 && c.Hold.Share <= 1):
		return c, invalid("Config.Hold.Share is %v, want more than 0 and at most 1, or 0 for %v", c.Hold.Share, defaultShare)
	case c.Concurrency < 1:
		return c, invalid("Config.Concurrency is %d, want 1 or more, or 0 for 16", c.Concurrency)
	case c.ProbeMost < 0 || c.ProbeMost > store.MaxTTL:
		return c, invalid("Config.ProbeMost is %v, want 0 (5 times the TTL of the workspace) to %v", c.ProbeMost, store.MaxTTL)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func invalid(format string, args ...any) error {
	return driver.Errorf("monitor.New", "", store.ErrInvalid, format, args...)
}

// limit bounds one call of the store.
func (c Config) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.Lease/3)
}
