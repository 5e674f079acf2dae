package boltstore

import (
	"context"
	"slices"
)

// ClearMany implements [store.Batcher]. It returns when all workspaces are
// forgotten on the disk.
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	return s.doEach(ctx, "ClearMany", ids, func(a about) change { return &clearAll{about: a} })
}

// doEach makes a change of each id, half a transaction at a time: the other half is
// for other callers.
func (s *Store) doEach(ctx context.Context, op string, ids []string, make func(about) change) error {
	if err := s.gate.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	for some := range slices.Chunk(ids, perCommit/2) {
		var changes []change
		for _, id := range some {
			changes = append(changes, make(of(id)))
		}
		if err := s.do(ctx, op, changes...); err != nil {
			return err
		}
	}
	return nil
}
