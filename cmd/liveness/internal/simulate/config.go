package simulate

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Config describes a simulation.
type Config struct {
	Workspaces int
	Leaders    int // of the workspaces; they stall now and then
	Deaths     int // of the other workspaces
	Speed      int // seconds of fleet time in a second
	Duration   time.Duration
	Seed       uint64

	// Store names the store in the report. It must not hold a password.
	Store string

	// Open opens the store for one run, with TTLs in real time.
	Open func(ctx context.Context, ttls store.TTLs) (store.LivenessStore, error)

	// Progress is told how far a run is, on one line that is written over
	// again and removed at the end. nil means silence.
	Progress io.Writer
}

const (
	maxWorkspaces = 10_000
	maxSpeed      = 1000
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
	}
	return nil
}
