package driver

import (
	"context"
	"iter"
	"time"
)

// Reconciler is implemented by a [Reaper] that lists its deaths and can be
// reconciled with the owner's list of workspaces.
type Reconciler interface {
	// Deaths yields the pending deaths of a shard that were detected or adopted, in no
	// order, as Lister.Online yields workspaces. They have no Token.
	Deaths(ctx context.Context, shard int) iter.Seq2[Pending, error]

	// Adopt takes in those of the ids that belong to the shard and that the
	// store does not know: each is a death that is ready at due, unless it
	// is heard from before. Due in the past means now. Adopt returns those that
	// it left alone because they were acknowledged too recently (R7).
	Adopt(ctx context.Context, shard int, ids []string, due time.Time) (recent []string, err error)

	// Forget forgets, as Clear does, the workspaces that are not online and
	// whose death was never handed out.
	Forget(ctx context.Context, ids []string) error
}

// Pending is a death that was neither acknowledged nor withdrawn. Its Attempt
// is the number of times that it was handed out.
type Pending struct {
	Death
	Phase Phase     `json:"phase"`
	Until time.Time `json:"until,omitzero"` // when the lease or the delay ends; zero if it is ready
}

// Phase is how a pending death stands.
type Phase string

// The phases of a pending death.
const (
	Ready   Phase = "ready"   // it can be claimed, but for a grace
	Leased  Phase = "leased"  // a holder has it, or had an earlier death of the workspace and still has the lease
	Delayed Phase = "delayed" // it was released or adopted until later
)
