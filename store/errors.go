package store

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of a store. A method returns them inside an [*Error]; test for
// them with [errors.Is].
var (
	// ErrNotFound means that the store has looked and there is nothing: the
	// workspace is not online, the URL is not cached.
	ErrNotFound = errors.New("not found")

	// ErrInvalid means that an argument or an option can never work. Nothing
	// was done, and trying again is useless.
	ErrInvalid = errors.New("invalid")

	// ErrUnavailable means that the backend could not answer. Nothing is known
	// about the workspace; a write may or may not have happened.
	ErrUnavailable = errors.New("unavailable")

	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("closed")

	// ErrFull means that the store is at its limit and would have to forget a
	// live workspace to take a new one, which it never does.
	ErrFull = errors.New("full")

	// ErrLocked means that another process has the store's file open.
	ErrLocked = errors.New("locked by another process")

	// ErrCorrupt means that stored data is damaged or was written by something
	// else.
	ErrCorrupt = errors.New("corrupt")
)

// Error is what every method of a store returns when it fails.
type Error struct {
	Op  string // the method, such as "RefreshTTL"
	ID  string // the workspace, if the method is about one
	Err error  // unwraps to an error of this package, to a context's error, or to errors.ErrUnsupported where the store lacks a capability
}

// Error names the operation, the workspace and the cause. It never holds a
// URL of a workspace or a password.
func (e *Error) Error() string {
	if e.ID == "" {
		return fmt.Sprintf("liveness: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("liveness: %s %s: %v", e.Op, quote(e.ID), e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// quote shortens an illegal id that could fill a log.
func quote(id string) string {
	const most = 64
	if len(id) <= MaxIDLen {
		return fmt.Sprintf("%q", id)
	}
	return fmt.Sprintf("%q… (%d bytes)", strings.ToValidUTF8(id[:most], ""), len(id))
}
