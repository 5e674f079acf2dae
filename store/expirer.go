package store

import (
	"context"
	"errors"
)

// Expirer is implemented by a store that can be told that a workspace is dead
// before its TTL has passed (C14): its container is gone, a connection to it
// was refused.
type Expirer interface {
	// Expire makes the workspace offline at once. It has one death, which is ready in
	// the same step and handed out like any other.
	//
	// Expiring a workspace that is not online succeeds and changes nothing.
	Expire(ctx context.Context, id string) error
}

// Expire calls the Expire of the store's [Expirer].
//
// If the store has none, the error unwraps to [errors.ErrUnsupported].
func Expire(ctx context.Context, s LivenessStore, id string) error {
	if e, ok := As[Expirer](s); ok {
		return e.Expire(ctx, id)
	}
	return &Error{Op: "Expire", ID: id, Err: errors.ErrUnsupported}
}
