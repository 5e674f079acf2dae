package memstore

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Shards implements [store.Reaper]: a store in memory is one.
func (s *Store) Shards() int { return 1 }

// Sweep implements [store.Reaper].
func (s *Store) Sweep(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
	const op = "Sweep"
	if err := s.checkReap(ctx, op, store.CheckShard(op, s, shard), w.Check(op)); err != nil {
		return store.Sweep{}, err
	}
	found, err := s.roster.Sweep(ctx, w)
	if err != nil {
		return store.Sweep{}, &store.Error{Op: op, Err: err}
	}
	return found, nil
}

// Claim implements [store.Reaper].
func (s *Store) Claim(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
	const op = "Claim"
	if err := s.checkReap(ctx, op, store.CheckShard(op, s, shard), q.Check(op)); err != nil {
		return nil, err
	}
	return s.roster.Claim(q), nil
}

// Extend implements [store.Reaper].
func (s *Store) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	const op = "Extend"
	if err := s.checkReap(ctx, op, store.CheckLease(op, lease)); err != nil {
		return nil, err
	}
	return s.roster.Renew(held, lease), nil
}

// Acknowledge implements [store.Reaper].
func (s *Store) Acknowledge(ctx context.Context, d store.Death) (bool, error) {
	if err := s.check(ctx, "Acknowledge", d.ID); err != nil {
		return false, err
	}
	return s.roster.Acknowledge(d, func() { s.forgetURLs(d.ID) }), nil
}

// PutBack implements [store.Reaper].
func (s *Store) PutBack(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
	const op = "PutBack"
	if err := store.CheckAfter(op, after); err != nil {
		return false, err
	}
	if err := s.check(ctx, op, d.ID); err != nil {
		return false, err
	}
	return s.roster.PutBack(d, after), nil
}

// Deaths implements [store.Reaper].
func (s *Store) Deaths(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
	const op = "Deaths"
	return func(yield func(store.Death, error) bool) {
		if err := s.checkReap(ctx, op, store.CheckShard(op, s, shard)); err != nil {
			yield(store.Death{}, err)
			return
		}
		for d := range s.roster.Deaths() {
			if !yield(d, nil) {
				return
			}
			if err := s.checkReap(ctx, op); err != nil {
				yield(store.Death{}, err)
				return
			}
		}
	}
}

// Adopt implements [store.Reaper].
func (s *Store) Adopt(ctx context.Context, shard int, ids []string) error {
	const op = "Adopt"
	if err := store.CheckShard(op, s, shard); err != nil {
		return err
	}
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	return s.each(ctx, op, ids, func(i int) { s.roster.Adopt(ids[i]) })
}

// Disown implements [store.Reaper].
func (s *Store) Disown(ctx context.Context, ids []string) error {
	const op = "Disown"
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	return s.each(ctx, op, ids, func(i int) {
		s.roster.Disown(ids[i], func() { s.forgetURLs(ids[i]) })
	})
}

// Note implements [store.Reaper].
func (s *Store) Note(ctx context.Context, shard int, old, new string) (string, error) {
	const op = "Note"
	if err := s.checkReap(ctx, op, store.CheckShard(op, s, shard), store.CheckNote(op, new)); err != nil {
		return "", err
	}
	return s.roster.Note(old, new), nil
}

// checkReap returns the first error of the arguments, else that of the
// context or of a closed store.
func (s *Store) checkReap(ctx context.Context, op string, arguments ...error) error {
	for _, err := range arguments {
		if err != nil {
			return err
		}
	}
	return s.checkMany(ctx, op, nil)
}
