package driver

import "time"

// Death is one silence of one workspace that outlasted its deadline.
//
// If there was no sweep for longer than patience (R6) when the workspace stopped being
// online, a store may not know when that was. Deadline and Since may then be up to one
// TTL early, and as late as one TTL before the sweep that detects the death.
type Death struct {
	ID       string    `json:"id"`
	Deadline time.Time `json:"deadline"` // when it stopped being online, or when it is due by Adopt
	Token    int64     `json:"-"`        // of the lease: grows with every claim of its shard
	Attempt  int       `json:"attempt"`  // of a leased death, 1 for the first time that it is handed out
	Adopted  bool      `json:"adopted"`  // the store knew of the workspace only by Adopt
	Expired  bool      `json:"expired"`  // it is by Expire

	// Since is the Deadline of the first of the deaths in a row that were
	// withdrawn, without a heartbeat in between; Deadline if there was none.
	Since time.Time `json:"since"`
}

// Standing is what a lease is worth to the caller.
type Standing int

// The standings of a lease.
const (
	Lost     Standing = iota // the caller is not the holder
	Held                     // the caller is the holder and the workspace is still offline
	CameBack                 // the caller is the holder; the workspace came back or was cleared since
)

// String returns the name of the standing.
func (s Standing) String() string {
	switch s {
	case Held:
		return "held"
	case CameBack:
		return "came back"
	}
	return "lost"
}
