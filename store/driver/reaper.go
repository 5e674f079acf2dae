package driver

import (
	"context"
	"time"
)

// Reaper is implemented by a store that detects deaths and leases them out.
// Its methods keep the clauses R1 to R6, R8 and R9 of the package comment.
//
// Every change of one death is one atomic step in the data, judged by the clock of the
// store, so that any number of monitors may work on one store. Sweep, Claim and Extend may
// take several steps for many deaths.
type Reaper interface {
	// Traits returns what does not change while the store is open.
	Traits() Traits

	// Sweep detects deaths in a shard and leaves a tick: its own time, in the data.
	//
	// It handles a bounded number of workspaces; if more are due, Next is 0.
	Sweep(ctx context.Context, shard int, o SweepOptions) (SweepResult, error)

	// Claim leases ready deaths of a shard to the caller, each under a token
	// of its own. It leases none during a grace.
	Claim(ctx context.Context, shard int, o ClaimOptions) ([]Death, error)

	// Begin hands out a leased death, just before its handler runs. If it
	// reports Held, the workspace was offline at that moment, the call counts as an
	// attempt, and the URLs cached before the first attempt are forgotten. Otherwise
	// nothing has changed.
	Begin(ctx context.Context, d Death) (Standing, error)

	// Extend begins the lease of each death anew, and reports the standing of
	// each in the order of the deaths. A lease is extended also if the
	// workspace came back. A lease is store.MinTTL to store.MaxTTL, or the error is
	// ErrInvalid.
	Extend(ctx context.Context, leased []Death, lease time.Duration) ([]Standing, error)

	// Acknowledge ends the lease, and the death if the workspace did not come
	// back. It reports whether the caller was the holder. URLs stay.
	Acknowledge(ctx context.Context, d Death) (bool, error)

	// Release ends the lease and makes the death ready again once after has
	// passed. It reports whether the caller was the holder. After is 0 to store.MaxTTL, or
	// the error is ErrInvalid.
	Release(ctx context.Context, d Death, after time.Duration) (bool, error)

	// Withdraw ends the lease because the workspace was found alive by other
	// means than a heartbeat. A workspace whose death the caller holds is online
	// for its TTL from now, as by SetOnline, and that death has ended. If it is
	// not heard from in that time, Since of its next death is that of this one.
	// Withdraw reports whether the caller was the holder.
	Withdraw(ctx context.Context, d Death) (bool, error)

	// Note keeps a small text for the monitors of a shard, "" at first, of at
	// most MaxNoteLen bytes. It is a compare-and-swap: if the note is old, it becomes
	// next. The note as it is after that step is returned; with old and next the same
	// it is only read.
	Note(ctx context.Context, shard int, old, next string) (string, error)
}

// SweepOptions is what a monitor tells the store with each sweep of a shard.
type SweepOptions struct {
	// Interval is the longest time until the monitor sweeps the shard again, more than 0
	// and at most store.MaxTTL.
	Interval time.Duration

	// LastSweep is the Now of this monitor's previous sweep of the shard, or
	// zero. A store whose last tick is older has lost data.
	LastSweep time.Time

	// Forbidden says that since the sweep before, handing out was forbidden by a hold,
	// a slow start or a pause (R5).
	Forbidden bool
}

// SweepResult is what a sweep of one shard found.
type SweepResult struct {
	Now      time.Time     // by the clock of the store
	Next     time.Duration // nothing falls due earlier; 0: more is due now; a year or more if nothing is to come
	GraceEnd time.Time     // until then nothing is leased; it may be past, or zero
	Note     string        // see Reaper.Note

	Online   int   // workspaces that are online, or not yet detected
	Ready    int   // deaths that can be claimed, but for a grace
	Fresh    int   // deaths in any phase that were never handed out; without those by Expire, and adopted ones before they are ready
	Leased   int   // leases that have not ended, also of workspaces that came back
	Delayed  int   // deaths that are released or adopted until later
	Recent   int   // see R8
	Returned int64 // workspaces that came back while they were recent, since the data began or, where that is not kept (R5), since the store was opened
	Dropped  int64 // deaths that were dropped, since the data began

	OldestReady time.Time // since when the death has been ready that has been so for the longest time; zero: none is ready

	Detected []string // workspaces that this sweep detected dead
}

// ClaimOptions bounds what a claim leases.
type ClaimOptions struct {
	Max   int           // at most so many deaths, 1 or more
	Lease time.Duration // for so long they are the caller's, store.MinTTL to store.MaxTTL

	// Before leaves out deaths with a later Deadline, unless they are by
	// Expire. Zero leaves out none. A claim may end once it has left out 1,000.
	Before time.Time

	// Expired leaves out deaths that are not by Expire.
	Expired bool
}
