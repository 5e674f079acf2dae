package store

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Reaper is implemented by a store that can tell who stopped being online. Its
// methods keep the clauses R1 to R9 of the package comment.
//
// It is what the package monitor drives: callers want monitor, not Reaper.
// Every method is one atomic step in the data, judged by the clock of the
// store, so that any number of monitors may work on one store.
type Reaper interface {
	// Shards returns into how many parts the store divides the workspaces,
	// 1 or more. Each is swept for itself; the number never changes.
	Shards() int

	// Sweep looks for deaths in a shard and leaves a tick.
	//
	// It handles a bounded number of workspaces; if more are due, Next is 0.
	Sweep(ctx context.Context, shard int, w Watch) (Sweep, error)

	// Claim hands out deaths of a shard that nobody holds, each under a lease
	// of its own. It hands out none during a grace.
	Claim(ctx context.Context, shard int, q Quota) ([]Death, error)

	// Extend begins the lease of each death anew and reports, in the order of
	// the deaths, which are still held by the caller and still offline.
	Extend(ctx context.Context, held []Death, lease time.Duration) ([]bool, error)

	// Acknowledge ends a death that was handled, forgets the cached URLs of
	// the workspace, and reports true. It does nothing and reports false if
	// the caller no longer holds the death or the workspace came back.
	Acknowledge(ctx context.Context, d Death) (bool, error)

	// PutBack gives a death up and lets it be handed out again once after has
	// passed. It does nothing and reports false where Acknowledge does.
	PutBack(ctx context.Context, d Death, after time.Duration) (bool, error)

	// Deaths yields the unacknowledged deaths of a shard, held or not, as
	// Lister.Online yields what is online. Only a holder's have a Token.
	Deaths(ctx context.Context, shard int) iter.Seq2[Death, error]

	// Adopt takes in those of the ids that belong to the shard and about which
	// the store knows nothing: each becomes a death when the grace ends, or
	// one longest TTL from now if there is none, unless it is heard from.
	Adopt(ctx context.Context, shard int, ids []string) error

	// Disown forgets the workspaces that are not online, as Clear does, and
	// leaves alone those that are.
	Disown(ctx context.Context, ids []string) error

	// Note keeps a small text for the monitors of a shard, "" at first, of at
	// most MaxNoteLen bytes. If the note is old, it becomes new. The note as
	// it then is is returned.
	Note(ctx context.Context, shard int, old, new string) (string, error)
}

// DefaultKeepDeaths is for how long a death that nobody claims is kept by
// default.
const DefaultKeepDeaths = 24 * time.Hour

// KeepDeaths returns the time for which a store keeps a death that nobody
// claims, by the value of its option. It returns ErrInvalid if that cannot be.
func KeepDeaths(option time.Duration) (time.Duration, error) {
	switch {
	case option == 0:
		return DefaultKeepDeaths, nil
	case option < MinTTL || option > MaxTTL:
		return 0, fmt.Errorf("%w: Options.KeepDeaths is %v, want %v to %v, or 0 for %v",
			ErrInvalid, option, MinTTL, MaxTTL, DefaultKeepDeaths)
	}
	return option, nil
}

// Watch is what a monitor tells the store with each sweep of a shard.
type Watch struct {
	// Interval is the longest time until the monitor sweeps the shard again.
	Interval time.Duration

	// Seen is the Now of this monitor's previous sweep of the shard, or zero.
	// A store whose last tick is older has lost data.
	Seen time.Time
}

// Sweep is what a sweep of one shard found.
type Sweep struct {
	Now      time.Time     // by the clock of the store
	Next     time.Duration // no deadline passes earlier; 0: more is due now
	GraceEnd time.Time     // until then nothing is handed out; it may be past, or zero
	TTL      time.Duration // the longest liveness TTL in use
	Note     string        // see Reaper.Note

	Online  int   // workspaces that are online
	Late    int   // deaths, acknowledged or not, that were due, or waited out a grace, within the last TTL
	Waiting int   // unacknowledged deaths that can be handed out, but for a grace
	Held    int   // unacknowledged deaths under a lease, put back or adopted until later
	Dropped int64 // deaths that nobody claimed in time, since the data began

	Found []string // workspaces that this sweep found dead
}

// Quota bounds what a claim hands out.
type Quota struct {
	Most   int           // at most so many deaths, 1 or more
	Lease  time.Duration // for so long they are the caller's, MinTTL or more
	Random bool          // any of them, not those that waited longest
}

// Death is one silence of one workspace, handed to one holder.
type Death struct {
	ID       string
	Deadline time.Time // when it stopped being online; earlier by at most one TTL if nobody watched then
	Token    int64     // grows with every claim of its shard: a fence against former holders
	Attempt  int       // 1 for the first time that the death is handed out, as far as the data remembers
	Adopted  bool      // the store knew of it only by Adopt
}
