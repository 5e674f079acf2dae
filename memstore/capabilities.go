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
		err := s.checkMany(ctx, op, nil)
		if err != nil {
			yield(store.Status{}, err)
			return
		}
		for id, left := range s.roster.All() {
			if !yield(store.Status{ID: id, Remaining: left}, nil) {
				return
			}
			if err = s.checkMany(ctx, op, nil); err != nil {
				yield(store.Status{}, err)
				return
			}
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
	refreshed := make([]bool, len(ids))
	err = s.each(ctx, op, ids, func(i int) { refreshed[i] = s.roster.Extend(ids[i], ttls[i]) })
	if err != nil {
		return nil, err
	}
	return refreshed, nil
}

// IsOnlineMany implements [store.Batcher].
func (s *Store) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "IsOnlineMany"
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	online := make([]bool, len(ids))
	err := s.each(ctx, op, ids, func(i int) { online[i] = s.roster.Remaining(ids[i]) > 0 })
	if err != nil {
		return nil, err
	}
	return online, nil
}

// ClearMany implements [store.Batcher].
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	const op = "ClearMany"
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	return s.each(ctx, op, ids, func(i int) { s.clear(ids[i]) })
}

// each calls do for every index, and now and then looks whether it should
// stop: a list may be long.
func (s *Store) each(ctx context.Context, op string, ids []string, do func(i int)) error {
	for i := range ids {
		if i%1024 == 0 {
			if err := s.checkMany(ctx, op, nil); err != nil {
				return err
			}
		}
		do(i)
	}
	return s.open(op, "")
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
