package roster

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Gate knows whether a store is open. The zero value is open.
type Gate struct{ closed atomic.Bool }

// Close closes the gate: every later check returns ErrClosed.
func (g *Gate) Close() { g.closed.Store(true) }

// Open returns ErrClosed, as an error of op, once the gate was closed.
func (g *Gate) Open(op, id string) error {
	if g.closed.Load() {
		return &store.Error{Op: op, ID: id, Err: store.ErrClosed}
	}
	return nil
}

// Check is [driver.Check], then Open. The errors of other arguments come first.
func (g *Gate) Check(ctx context.Context, op, id string, arguments ...error) error {
	if err := cmp.Or(arguments...); err != nil {
		return err
	}
	if err := driver.Check(ctx, op, id); err != nil {
		return err
	}
	return g.Open(op, id)
}

// CheckMany is [driver.CheckMany] for each perCheck ids, then Open: the context's error comes
// before that of an illegal id in a later part. The errors of other arguments come first.
func (g *Gate) CheckMany(ctx context.Context, op string, ids []string, arguments ...error) error {
	if err := cmp.Or(arguments...); err != nil {
		return err
	}
	for some := range slices.Chunk(ids, perCheck) {
		if err := driver.CheckMany(ctx, op, some); err != nil {
			return err
		}
	}
	return cmp.Or(driver.CheckMany(ctx, op, nil), g.Open(op, ""))
}

// CheckRecords is [driver.CheckRecords], then Open.
func (g *Gate) CheckRecords(ctx context.Context, op string, records []driver.Record) error {
	for some := range slices.Chunk(records, perCheck) {
		if err := driver.CheckRecords(ctx, op, some); err != nil {
			return err
		}
	}
	return g.CheckMany(ctx, op, nil)
}

// perCheck is how many items of a list a call handles between two looks at its context.
const perCheck = 64

// Each calls do for every index of a list that was checked. It stops when the
// context is done or the gate is closed, at the latest after perCheck calls.
func (g *Gate) Each(ctx context.Context, op string, ids []string, do func(i int)) error {
	err := g.CheckMany(ctx, op, nil)
	for i := 0; i < len(ids) && err == nil; i++ {
		do(i)
		if (i+1)%perCheck == 0 {
			err = g.CheckMany(ctx, op, nil)
		}
	}
	if err != nil {
		return err
	}
	return g.Open(op, "")
}
