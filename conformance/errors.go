package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/molecule-ai/liveness/store"
)

// wantNil wants a call to have succeeded, in time.
func (c *check) wantNil(op, id string, err error) {
	c.called(op, id)
	if err != nil {
		c.fail("%s(%q) returns the error %q, want none, after %v", op, id, err, c.passed)
	}
}

// wantError wants a call to have failed with want and with no other error of
// the contract, in the form that the contract gives to errors.
func (c *check) wantError(op, id string, err, want error) {
	c.called(op, id)
	c.wantOneOf(op, id, err, want)
}

// wantOneOf is wantError where more than one error is right.
func (c *check) wantOneOf(op, id string, err error, wants ...error) {
	if err == nil {
		c.fail("%s(%q) succeeds, want %q, after %v", op, id, wants, c.passed)
	}
	for _, e := range sentinels() {
		if is, want := errors.Is(err, e), slices.Contains(wants, e); is && !want {
			c.fail("%s(%q) returns the error %q, want %q", op, id, err, wants)
		}
	}
	if !slices.ContainsFunc(wants, func(want error) bool { return errors.Is(err, want) }) {
		c.fail("%s(%q) returns the error %v, want %q", op, id, err, wants)
	}
	var e *store.Error
	switch {
	case !errors.As(err, &e):
		c.fail("%s(%q) returns a %T, want a *store.Error", op, id, err)
	case e.Op != op || !named(e, id):
		c.fail("%s(%q) returns an error of the method %q and the workspace %q: %v", op, id, e.Op, e.ID, err)
	case strings.Contains(err.Error(), secret):
		c.fail("%s(%q) returns an error that repeats a URL", op, id)
	}
}

func sentinels() []error {
	return []error{store.ErrNotFound, store.ErrInvalid, store.ErrUnavailable, store.ErrClosed, store.ErrFull,
		store.ErrLocked, store.ErrCorrupt, context.Canceled, context.DeadlineExceeded}
}

// named reports whether the error names the workspace, or none where the call
// is not about one; a call about many names the one that is illegal.
func named(e *store.Error, id string) bool {
	switch {
	case aboutAll(e.Op):
		return e.ID == ""
	case aboutMany(e.Op) && !errors.Is(e, store.ErrInvalid):
		return true
	}
	return e.ID == id
}
