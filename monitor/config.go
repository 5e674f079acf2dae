package monitor

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Config configures a Monitor. The zero value works.
type Config struct {
	// Interval is the longest time between two sweeps; a sweep comes earlier
	// if a deadline does. 0 means 1/180 of the longest TTL in use, at least
	// 10 ms and at most 1 s. All monitors of a store should use the same.
	Interval time.Duration

	// Lease is for how long a death is this monitor's without being extended:
	// if the monitor is killed, others wait so long. A call of the store may
	// take a third of it. 0 means 30 s.
	Lease time.Duration

	// Concurrency is how many handlers run at once. 0 means 16.
	Concurrency int

	// Storm guards against declaring the whole fleet dead.
	Storm Storm

	// Backoff says when a death is handed out again whose handler failed.
	Backoff Backoff

	// Drain is how long handlers may go on when the context of Run has ended,
	// before theirs ends too. 0 means 10 s.
	Drain time.Duration

	// DryRun logs deaths without handing them to anybody.
	DryRun bool

	// Expected, if set, returns the workspaces that should be online,
	// according to their owner. It is called at the beginning of a grace and
	// again at its end: what it names both times and was not heard from is
	// reported, what it does not name at the end is forgotten. While it fails,
	// the grace goes on. Ids that no workspace can have are left out.
	Expected func(ctx context.Context) ([]string, error)

	// Logger is told of deaths, graces, storms and failures. nil means
	// silence.
	Logger *slog.Logger
}

// Storm says when so many workspaces died that the fault is rather in what
// watches them. Then nothing is reported for the Hold, and afterwards little
// by little until the backlog is gone.
type Storm struct {
	// Share of the fleet that must have died within one TTL, and not be back,
	// handled or not, to make a storm. 0 means 0.15; 1 turns the guard off.
	Share float64

	// Floor is the least number of deaths that makes a storm. 0 means 3.
	Floor int

	// Hold is for how long nothing is reported. 0 means the longest TTL in use.
	Hold time.Duration

	// Drip is the share of the fleet, as it was when the storm began, that is
	// reported per sweep interval after the Hold, at least one workspace. 0
	// means 0.01.
	Drip float64
}

// Backoff is a wait that doubles with each attempt, from First to Most, and is
// lengthened by chance by up to a quarter. 0 means 1 s and 1 min.
type Backoff struct {
	First, Most time.Duration
}

// after returns how long to wait after a failed attempt.
func (b Backoff) after(attempt int) time.Duration {
	wait := b.First
	for n := 1; n < attempt && wait < b.Most; n++ {
		wait = min(2*wait, b.Most)
	}
	return wait + rand.N(wait/4+1)
}

func (c Config) withDefaults() (Config, error) {
	for _, d := range []struct {
		field      string
		value      *time.Duration
		least, def time.Duration
		means      string // of 0, if it is no fixed duration
	}{
		{"Interval", &c.Interval, store.MinTTL, 0, "1/180 of the longest TTL"},
		{"Lease", &c.Lease, 100 * time.Millisecond, 30 * time.Second, ""},
		{"Drain", &c.Drain, store.MinTTL, 10 * time.Second, ""},
		{"Storm.Hold", &c.Storm.Hold, store.MinTTL, 0, "the longest TTL"},
		{"Backoff.First", &c.Backoff.First, store.MinTTL, time.Second, ""},
		{"Backoff.Most", &c.Backoff.Most, store.MinTTL, max(time.Minute, c.Backoff.First), ""},
	} {
		if *d.value == 0 {
			*d.value = d.def
		} else if *d.value < d.least || *d.value > store.MaxTTL {
			if d.means == "" {
				d.means = d.def.String()
			}
			return c, invalid("Config.%s is %v, want %v to %v, or 0 for %s", d.field, *d.value, d.least, store.MaxTTL, d.means)
		}
	}
	if c.Backoff.Most < c.Backoff.First {
		return c, invalid("Config.Backoff.Most is %v, want at least Backoff.First (%v)", c.Backoff.Most, c.Backoff.First)
	}
	for _, s := range []struct {
		field string
		value *float64
		def   float64
	}{
		{"Storm.Share", &c.Storm.Share, 0.15},
		{"Storm.Drip", &c.Storm.Drip, 0.01},
	} {
		if *s.value == 0 {
			*s.value = s.def
		} else if !(*s.value > 0 && *s.value <= 1) {
			return c, invalid("Config.%s is %v, want more than 0 and at most 1, or 0 for %v", s.field, *s.value, s.def)
		}
	}
	for _, n := range []struct {
		field string
		value *int
		def   int
	}{
		{"Concurrency", &c.Concurrency, 16},
		{"Storm.Floor", &c.Storm.Floor, 3},
	} {
		if *n.value == 0 {
			*n.value = n.def
		} else if *n.value < 1 {
			return c, invalid("Config.%s is %d, want 1 or more, or 0 for %d", n.field, *n.value, n.def)
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func invalid(format string, args ...any) error {
	return store.Errorf("monitor.New", "", store.ErrInvalid, format, args...)
}

// interval returns the longest time between two sweeps where ttl is the
// longest in use.
func (c Config) interval(ttl time.Duration) time.Duration {
	switch {
	case c.Interval > 0:
		return c.Interval
	case ttl == 0: // no sweep has succeeded yet
		return time.Second
	}
	return min(max(ttl/180, 10*time.Millisecond), time.Second)
}

// limit bounds one call of the store.
func (c Config) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.Lease/3)
}
