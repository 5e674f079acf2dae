package simulate

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Config describes a simulation.
type Config struct {
	Workspaces int
	Leaders    int // of the workspaces; they stall now and then
	Deaths     int // of the other workspaces
	Speed      int // seconds of fleet time in a second
	Duration   time.Duration
	Seed       uint64

	Monitors    int
	KillMonitor bool          // one of them, while it holds the report of a death
	Outage      time.Duration // for so long the store refuses every call, in the middle

	// Store names the store in the report. It must not hold a password.
	Store string

	// Open opens the store for one run, with TTLs in real time. The run closes
	// it.
	Open func(ctx context.Context, ttls store.TTLs) (store.LivenessStore, error)

	// Progress is told how far a run is, every few seconds. nil means silence.
	Progress io.Writer

	// Terminal tells that Progress is one: progress is one line that is
	// written over again and removed at the end.
	Terminal bool
}

const (
	maxWorkspaces = 10_000
	maxSpeed      = 1000
	maxMonitors   = 100
	minDuration   = 10 * time.Minute
	maxDuration   = 30 * 24 * time.Hour
)

// Validate returns an error that names the flag whose value cannot be used.
func (c Config) Validate() error {
	switch {
	case c.Workspaces < 1 || c.Workspaces > maxWorkspaces:
		return fmt.Errorf("--workspaces is %d, want 1 to %d", c.Workspaces, maxWorkspaces)
	case c.Leaders < 0 || c.Leaders > c.Workspaces:
		return fmt.Errorf("--leaders is %d, want 0 to the %d of --workspaces", c.Leaders, c.Workspaces)
	case c.Deaths < 0 || c.Deaths > c.Workspaces-c.Leaders:
		return fmt.Errorf("--deaths is %d, want 0 to the %d workspaces that are not leaders", c.Deaths, c.Workspaces-c.Leaders)
	case c.Speed < 1 || c.Speed > maxSpeed:
		return fmt.Errorf("--speed is %d, want 1 to %d", c.Speed, maxSpeed)
	case c.Duration < minDuration || c.Duration > maxDuration:
		return fmt.Errorf("--duration is %v, want %v to %v", c.Duration, minDuration, maxDuration)
	case c.Monitors < 1 || c.Monitors > maxMonitors:
		return fmt.Errorf("--monitors is %d, want 1 to %d", c.Monitors, maxMonitors)
	case c.KillMonitor && c.Monitors < 2:
		return fmt.Errorf("--monitors is %d, want 2 or more with --kill-monitor: one takes over", c.Monitors)
	case c.KillMonitor && c.Deaths < 1:
		return fmt.Errorf("--deaths is %d, want 1 or more with --kill-monitor: its monitor holds the report of one", c.Deaths)
	case c.Outage != 0 && (c.Outage <= c.shortestOutage() || c.Outage > c.Duration/2):
		return fmt.Errorf("--outage is %v, want 0 or more than %v with --speed %d, and at most %v with --duration %v",
			c.Outage, c.shortestOutage(), c.Speed, c.Duration/2, c.Duration)
	}
	return nil
}

// shortestOutage returns which outage is too short for a grace in some column.
func (c Config) shortestOutage() time.Duration {
	var longest time.Duration
	for _, col := range columns() {
		patience := driver.Traits{TTLs: col.ttls(c.Speed)}.Patience(c.monitor(col.ttl).Interval)
		longest = max(longest, patience*time.Duration(c.Speed))
	}
	return longest
}

// monitor returns the configuration of the monitors: the defaults at the
// speed of the fleet, as far as a monitor can be so fast.
func (c Config) monitor(ttl time.Duration) monitor.Config {
	const fastest = 10 * time.Millisecond // the least that a monitor chooses
	speed := time.Duration(c.Speed)
	return monitor.Config{
		Interval:       max(min(ttl/90, 2*time.Second)/speed, fastest),
		Lease:          max(lease/speed, 100*time.Millisecond),
		HandlerTimeout: 10 * time.Minute / speed,
		Drain:          10 * time.Second / speed,
		Backoff:        monitor.Backoff{First: time.Second / speed, Most: time.Minute / speed},
	}
}

// outage returns the time in which the store refuses every call.
func (c Config) outage() span {
	from := (c.Duration - c.Outage) / 2
	return span{from, from + c.Outage}
}
