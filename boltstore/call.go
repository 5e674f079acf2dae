package boltstore

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// call is a change whose caller waits for it.
type call struct {
	change
	state atomic.Int32
	done  chan error // has an item once the change is on the disk, or could not be made
}

// The states of a call. It leaves waiting once.
const (
	waiting int32 = iota
	taken
	abandoned
)

func newCall(c change) *call { return &call{change: c, done: make(chan error, 1)} }

// abandon makes sure that a call which was not taken yet has no effect.
func (c *call) abandon() { c.state.CompareAndSwap(waiting, abandoned) }

func (c *call) take() bool { return c.state.CompareAndSwap(waiting, taken) }

// do hands the changes to the committer and waits until all are on the disk,
// or the context is done.
func (s *Store) do(ctx context.Context, op string, changes ...change) error {
	calls := make([]*call, len(changes))
	for i, c := range changes {
		calls[i] = newCall(c)
	}
	if !s.queue.put(calls...) {
		return &store.Error{Op: op, ID: changes[0].workspace(), Err: store.ErrClosed}
	}
	var failed error
	for i, c := range calls {
		select {
		case err := <-c.done:
			if err != nil && failed == nil {
				failed = driver.Errorf(op, c.workspace(), store.ErrUnavailable, "%v", err)
			}
		case <-ctx.Done():
			for _, c := range calls[i:] {
				c.abandon()
			}
			return &store.Error{Op: op, ID: c.workspace(), Err: ctx.Err()}
		}
	}
	return failed
}

// doEach does a change of each id. It leaves half of each transaction to other callers.
func (s *Store) doEach(ctx context.Context, op string, ids []string, newChange func(target) change) error {
	if err := s.gate.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	for some := range slices.Chunk(ids, perCommit/2) {
		var changes []change
		for _, id := range some {
			changes = append(changes, newChange(targetOf(id)))
		}
		if err := s.do(ctx, op, changes...); err != nil {
			return err
		}
	}
	return nil
}
