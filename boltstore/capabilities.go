package boltstore

import (
	"context"
	"iter"

	"github.com/molecule-ai/liveness/store"
)

// Online implements [store.Lister].
func (s *Store) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	const op = "Online"
	return func(yield func(store.Status, error) bool) {
		for id, left := range s.memory.roster.All() {
			if s.check(ctx, op, id) != nil {
				break
			}
			if !yield(store.Status{ID: id, Remaining: left}, nil) {
				return
			}
		}
		if err := s.checkMany(ctx, op, nil); err != nil {
			yield(store.Status{}, err)
		}
	}
}

// Lookup implements [store.Lister].
func (s *Store) Lookup(ctx context.Context, id string) (store.Status, error) {
	const op = "Lookup"
	if err := s.check(ctx, op, id); err != nil {
		return store.Status{}, err
	}
	left := s.memory.roster.Remaining(id)
	if left == 0 {
		return store.Status{}, &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return store.Status{ID: id, Remaining: left}, nil
}

// Count implements [store.Lister].
func (s *Store) Count(ctx context.Context) (int, error) {
	const op = "Count"
	if err := s.checkMany(ctx, op, nil); err != nil {
		return 0, err
	}
	return s.memory.roster.Count(), nil
}

// RefreshMany implements [store.Batcher].
func (s *Store) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "RefreshMany"
	ttls, err := s.ttls.CheckMany(ctx, op, ids)
	if err != nil {
		return nil, err
	}
	refreshed := make([]bool, len(ids))
	for i, id := range ids {
		refreshed[i] = s.memory.roster.Extend(id, ttls[i])
	}
	if err := s.open(op, ""); err != nil { // afterwards, as in RefreshTTL
		return nil, err
	}
	return refreshed, nil
}

// IsOnlineMany implements [store.Batcher].
func (s *Store) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "IsOnlineMany"
	if err := s.checkMany(ctx, op, ids); err != nil {
		return nil, err
	}
	online := make([]bool, len(ids))
	for i, id := range ids {
		online[i] = s.memory.roster.Remaining(id) > 0
	}
	return online, nil
}

// ClearMany implements [store.Batcher].
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	return s.doMany(ctx, "ClearMany", clearAll, ids)
}

// doMany is do for a change of each id.
func (s *Store) doMany(ctx context.Context, op string, k kind, ids []string) error {
	if err := s.checkMany(ctx, op, ids); err != nil || len(ids) == 0 {
		return err
	}
	changes := make([]*change, len(ids))
	for i, id := range ids {
		changes[i] = newChange(k, id)
	}
	return s.do(ctx, op, changes...)
}

// Ping implements [store.Pinger]. It returns ErrUnavailable once the file
// cannot be written any more.
func (s *Store) Ping(ctx context.Context) error {
	const op = "Ping"
	if err := s.checkMany(ctx, op, nil); err != nil {
		return err
	}
	if why := s.broken.Load(); why != nil {
		return store.Errorf(op, "", store.ErrUnavailable, "%v", *why)
	}
	return nil
}
