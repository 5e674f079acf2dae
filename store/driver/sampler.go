package driver

import (
	"context"
	"time"
)

// Sampler is implemented by a [Reaper] that lets a monitor look at single
// workspaces. A monitor without it judges by the counts of a sweep alone.
type Sampler interface {
	// Sample returns up to n workspaces of the shard that are online, or not
	// yet detected, chosen at random. It returns all of them if there are no
	// more than n.
	Sample(ctx context.Context, shard, n int) ([]string, error)

	// Look returns the state of each workspace, in the order of the ids.
	Look(ctx context.Context, ids []string) ([]Sighting, error)
}

// Sighting is what a store knows of one workspace at one moment.
type Sighting struct {
	State     State
	Remaining time.Duration // until it is offline if it is not heard from; 0 unless Online
}

// State is how a workspace stands.
type State int

// The states of a workspace.
const (
	Unknown  State = iota // cleared, forgotten or never set; offline and recent (R8); or its death was handed out
	Online                // heard from within its TTL
	Vanished              // offline, and not yet detected
	Dead                  // detected or adopted, and never handed out
)
