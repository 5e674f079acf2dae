package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Status is what a store knows about one online workspace.
type Status struct {
	ID          string        `json:"id"`
	Remaining   time.Duration `json:"remaining"`             // until it is offline if it is not heard from; more than 0
	URL         string        `json:"url,omitzero"`          // by Lookup alone; "" if none is cached
	InternalURL string        `json:"internal_url,omitzero"` // likewise
}

// Lister is implemented by a store that can list the workspaces online.
type Lister interface {
	// Online yields each workspace that is online throughout the loop exactly
	// once, in no order, and one that comes or goes meanwhile at most once.
	//
	// No lock and no transaction is held while the body of the loop runs: it
	// may call any method of the store, Close included. An error is the last
	// item, with a zero Status. The URLs are left out.
	Online(ctx context.Context) iter.Seq2[Status, error]

	// Lookup returns the status of one workspace, with its cached URLs, in one
	// atomic step. It returns ErrNotFound if the workspace is not online.
	Lookup(ctx context.Context, id string) (Status, error)

	// Count returns how many workspaces are online.
	Count(ctx context.Context) (int, error)
}

// Online calls the Online of the store's [Lister].
//
// If the store has none, the only item is an error that unwraps to
// [errors.ErrUnsupported].
func Online(ctx context.Context, s LivenessStore) iter.Seq2[Status, error] {
	if l, ok := As[Lister](s); ok {
		return l.Online(ctx)
	}
	return func(yield func(Status, error) bool) {
		yield(Status{}, &Error{Op: "Online", Err: errors.ErrUnsupported})
	}
}

// Lookup calls the Lookup of the store's [Lister].
//
// If the store has none, the error unwraps to [errors.ErrUnsupported].
func Lookup(ctx context.Context, s LivenessStore, id string) (Status, error) {
	if l, ok := As[Lister](s); ok {
		return l.Lookup(ctx, id)
	}
	return Status{}, &Error{Op: "Lookup", ID: id, Err: errors.ErrUnsupported}
}

// Count calls the Count of the store's [Lister].
//
// If the store has none, the error unwraps to [errors.ErrUnsupported].
func Count(ctx context.Context, s LivenessStore) (int, error) {
	if l, ok := As[Lister](s); ok {
		return l.Count(ctx)
	}
	return 0, &Error{Op: "Count", Err: errors.ErrUnsupported}
}
