package boltstore

import (
	"context"

	"github.com/molecule-ai/liveness/store"
)

// SetOnline implements [store.LivenessStore]. It returns when the workspace is
// online on the disk.
func (s *Store) SetOnline(ctx context.Context, id string) error {
	const op = "SetOnline"
	ttl, err := s.ttls.Check(ctx, op, id)
	if err != nil {
		return err
	}
	c := newChange(setOnline, id)
	c.ttl = ttl
	return s.do(ctx, op, c)
}

// RefreshTTL implements [store.LivenessStore]. It neither waits for the disk
// nor allocates.
func (s *Store) RefreshTTL(ctx context.Context, id string) error {
	const op = "RefreshTTL"
	ttl, err := s.ttls.Check(ctx, op, id)
	if err != nil {
		return err
	}
	extended := s.memory.roster.Extend(id, ttl)
	// Asked afterwards: what was extended before Close began is in the last
	// checkpoint.
	if err := s.open(op, id); err != nil {
		return err
	}
	if !extended {
		return &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return nil
}

// IsOnline implements [store.LivenessStore].
func (s *Store) IsOnline(ctx context.Context, id string) (bool, error) {
	const op = "IsOnline"
	if err := s.check(ctx, op, id); err != nil {
		return false, err
	}
	return s.memory.roster.Remaining(id) > 0, nil
}

// Clear implements [store.LivenessStore]. It returns when the workspace is
// forgotten on the disk.
func (s *Store) Clear(ctx context.Context, id string) error {
	const op = "Clear"
	if err := store.Check(ctx, op, id); err != nil {
		return err
	}
	return s.do(ctx, op, newChange(clearAll, id))
}

// do hands the changes to the committer and waits until all are on the disk,
// or the context is done.
func (s *Store) do(ctx context.Context, op string, changes ...*change) error {
	if !s.queue.put(changes...) {
		return &store.Error{Op: op, ID: changes[0].id, Err: store.ErrClosed}
	}
	var failed error
	for i, c := range changes {
		select {
		case err := <-c.done:
			if err != nil && failed == nil {
				failed = store.Errorf(op, c.id, store.ErrUnavailable, "%v", err)
			}
		case <-ctx.Done():
			for _, c := range changes[i:] {
				c.abandon()
			}
			return &store.Error{Op: op, ID: c.id, Err: ctx.Err()}
		}
	}
	return failed
}
