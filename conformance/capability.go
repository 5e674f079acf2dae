package conformance

import (
	"errors"
	"reflect"
	"slices"

	"github.com/molecule-ai/liveness/store"
)

// need returns a capability of the store, of two stores in turns that of the next. A check
// of a store without it is skipped.
func need[T any](c *check) T {
	capability, ok := store.As[T](c.s)
	if !ok {
		c.t.Skip("the backend has no " + reflect.TypeFor[T]().Name())
	}
	return capability
}

// has reports whether the store has a method.
func (c *check) has(op string) bool {
	return slices.ContainsFunc(methods(c.s), func(m method) bool { return m.op == op })
}

// bare is a store without its capabilities, wrapper one that keeps them.
type (
	bare    struct{ store.LivenessStore }
	wrapper struct{ bare }
)

func (w wrapper) Unwrap() store.LivenessStore { return w.LivenessStore }

// wrapped returns the store in a wrapper, through which its capabilities must be found.
func (c *check) wrapped() store.LivenessStore { return wrapper{bare{c.s}} }

func (c *check) wantUnsupported(op string, err error) {
	if !errors.Is(err, errors.ErrUnsupported) {
		c.fail("%s of a store that cannot do it returns the error %v, want %q", op, err, errors.ErrUnsupported)
	}
}
