package store

import "context"

// LivenessStore remembers which workspaces are online and where each can be
// reached. Its methods keep the clauses C1 to C14 of the package comment.
//
// Every method may be called from any number of goroutines. Every error is an
// [*Error], which says to what it unwraps.
type LivenessStore interface {
	// SetOnline makes the workspace online for its liveness TTL from now,
	// whether or not it was online before.
	//
	// It returns ErrFull, and changes nothing, if the workspace is not online
	// and the store is at its limit.
	SetOnline(ctx context.Context, id string) error

	// RefreshTTL makes an online workspace stay online for its liveness TTL
	// from now.
	//
	// It returns ErrNotFound, and changes nothing, if the workspace is not
	// online. [Heartbeat] handles that case.
	RefreshTTL(ctx context.Context, id string) error

	// IsOnline reports whether the workspace is online. An error means that
	// it is not known, never that the workspace is offline.
	IsOnline(ctx context.Context, id string) (bool, error)

	// CacheURL remembers the public URL of the workspace for the URL TTL from
	// now, in place of the one remembered before. The workspace need not be
	// online.
	CacheURL(ctx context.Context, id, url string) error

	// GetCachedURL returns the public URL of the workspace.
	//
	// It returns ErrNotFound if none was cached, if its TTL has passed, or if
	// it was evicted.
	GetCachedURL(ctx context.Context, id string) (string, error)

	// CacheInternalURL is CacheURL for the URL by which the workspace is
	// reached from inside the container network.
	CacheInternalURL(ctx context.Context, id, url string) error

	// GetCachedInternalURL is GetCachedURL for the internal URL.
	GetCachedInternalURL(ctx context.Context, id string) (string, error)

	// Clear forgets the liveness and both URLs of the workspace in one atomic
	// step. Clearing an unknown workspace succeeds.
	Clear(ctx context.Context, id string) error

	// Close releases the resources of the store and waits for its goroutines.
	// Afterwards every other method returns ErrClosed. Closing again returns
	// nil.
	Close() error
}
