package driver

import (
	"fmt"

	"github.com/molecule-ai/liveness/store"
)

// Errorf returns a [*store.Error] whose text ends with the formatted reason
// and which unwraps to err alone: an error among the arguments becomes text.
// Backends use it to keep the cause of a failure readable while their
// dependency's errors stay their own.
func Errorf(op, id string, err error, format string, args ...any) error {
	return &store.Error{Op: op, ID: id, Err: &reason{err, fmt.Sprintf(format, args...)}}
}

// invalid returns an ErrInvalid with a reason, of no operation.
func invalid(format string, args ...any) error {
	return &reason{store.ErrInvalid, fmt.Sprintf(format, args...)}
}

type reason struct {
	err  error
	text string
}

func (r *reason) Error() string { return r.err.Error() + ": " + r.text }
func (r *reason) Unwrap() error { return r.err }
