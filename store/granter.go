package store

import (
	"context"
	"errors"
	"time"
)

// Granter is implemented by a store that can grant a TTL of a single call (C13).
//
// An agent that is about to be busy for ten minutes says so with its
// heartbeat, by [HeartbeatFor], and is not taken for dead meanwhile. If a
// restart ends with SetOnlineFor(ctx, id, bootTime), a replacement that never comes up is a
// new death.
type Granter interface {
	// SetOnlineFor is SetOnline with the TTL of this call.
	SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error

	// RefreshFor is RefreshTTL with the TTL of this call.
	RefreshFor(ctx context.Context, id string, ttl time.Duration) error
}

// SetOnlineFor calls the SetOnlineFor of the store's [Granter].
//
// If the store has none, the error unwraps to [errors.ErrUnsupported].
func SetOnlineFor(ctx context.Context, s LivenessStore, id string, ttl time.Duration) error {
	if g, ok := As[Granter](s); ok {
		return g.SetOnlineFor(ctx, id, ttl)
	}
	return &Error{Op: "SetOnlineFor", ID: id, Err: errors.ErrUnsupported}
}

// RefreshFor calls the RefreshFor of the store's [Granter].
//
// If the store has none, the error unwraps to [errors.ErrUnsupported].
func RefreshFor(ctx context.Context, s LivenessStore, id string, ttl time.Duration) error {
	if g, ok := As[Granter](s); ok {
		return g.RefreshFor(ctx, id, ttl)
	}
	return &Error{Op: "RefreshFor", ID: id, Err: errors.ErrUnsupported}
}

// HeartbeatFor is [Heartbeat] of a workspace that announces for how long it
// may be silent: it is online for ttl from now. The next Heartbeat grants the
// usual TTL again.
//
// If the store has no [Granter], the error unwraps to [errors.ErrUnsupported].
func HeartbeatFor(ctx context.Context, s LivenessStore, id string, ttl time.Duration) (registered bool, err error) {
	err = RefreshFor(ctx, s, id, ttl)
	if !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if err := SetOnlineFor(ctx, s, id, ttl); err != nil {
		return false, err
	}
	return true, nil
}
