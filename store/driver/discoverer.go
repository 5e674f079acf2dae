package driver

import (
	"context"
	"time"
)

// Discoverer is implemented by a [Reaper] that has to search for workspaces,
// because programs that do not use this module register them too.
type Discoverer interface {
	// Discover takes the next step of a search through everything that is
	// registered, a bounded number of keys, and has the sweeps watch what they
	// did not know. Any number of monitors may call it; they share the search.
	//
	// Steps that follow one another as Wait says make a full pass within the
	// given time, if the store can.
	Discover(ctx context.Context, within time.Duration) (Discovery, error)
}

// Discovery is how far a search has come.
type Discovery struct {
	Wait     time.Duration // until the next step
	LastPass time.Time     // end of the last full pass, by the clock of the store; zero before the first
}
