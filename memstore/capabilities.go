package memstore

import (
	"context"
	"iter"

	"github.com/molecule-ai/liveness/store"
)

// Online implements [store.Lister].
func (s *Store) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	const op = "Online"
	return func(yield func(store.Status, error) bool) {
		for id, left := range s.roster.All() {
			if err := s.check(ctx, op, id); err != nil {
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
	left := s.roster.Remaining(id)
	if left == 0 {
		return store.Status{}, &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return store.Status{ID: id, Remaining: left}, nil
}

// Count implements [store.Lister].
func (s *Store) Count(ctx context.Context) (int, error) {
	if err := s.checkMany(ctx, "Count", nil); err != nil {
		return 0, err
	}
	return s.roster.Count(), nil
}

// RefreshMany implements [store.Batcher].
func (s *Store) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "RefreshMany"
	ttls, err := s.ttls.CheckMany(ctx, op, ids)
	if err != nil {
		return nil, err
	}
	if err := s.open(op, ""); err != nil {
		return nil, err
	}
	refreshed := make([]bool, len(ids))
	for i, id := range ids {
		refreshed[i] = s.roster.Extend(id, ttls[i])
	}
	return refreshed, nil
}

// IsOnlineMany implements [store.Batcher].
func (s *Store) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	if err := s.checkMany(ctx, "IsOnlineMany", ids); err != nil {
		return nil, err
	}
	online := make([]bool, len(ids))
	for i, id := range ids {
		online[i] = s.roster.Remaining(id) > 0
	}
	return online, nil
}

// ClearMany implements [store.Batcher].
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	if err := s.checkMany(ctx, "ClearMany", ids); err != nil {
		return err
	}
	for _, id := range ids {
		s.clear(id)
	}
	return nil
}

// Ping implements [store.Pinger].
func (s *Store) Ping(ctx context.Context) error {
	return s.checkMany(ctx, "Ping", nil)
}

func (s *Store) checkMany(ctx context.Context, op string, ids []string) error {
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	return s.open(op, "")
}
