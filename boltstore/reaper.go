package boltstore

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Shards implements [store.Reaper]: a file is one.
func (s *Store) Shards() int { return 1 }

// Sweep implements [store.Reaper]. The next checkpoint writes its tick.
func (s *Store) Sweep(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
	const op = "Sweep"
	if err := s.checkReap(ctx, op, store.CheckShard(op, s, shard), w.Check(op)); err != nil {
		return store.Sweep{}, err
	}
	found, err := s.memory.roster.Sweep(ctx, w)
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
	return s.memory.roster.Claim(q), nil
}

// Extend implements [store.Reaper].
func (s *Store) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	const op = "Extend"
	if err := s.checkReap(ctx, op, store.CheckLease(op, lease)); err != nil {
		return nil, err
	}
	return s.memory.roster.Renew(held, lease), nil
}

// Acknowledge implements [store.Reaper]. It returns when the death is ended on
// the disk; after an error the death is still held.
func (s *Store) Acknowledge(ctx context.Context, d store.Death) (bool, error) {
	const op = "Acknowledge"
	if err := s.check(ctx, op, d.ID); err != nil {
		return false, err
	}
	if !s.memory.roster.Holds(d) {
		return false, nil
	}
	c := newChange(acknowledge, d.ID)
	c.death = d
	if err := s.do(ctx, op, c); err != nil {
		return false, err
	}
	return c.did, nil
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
	return s.memory.roster.PutBack(d, after), nil
}

// Deaths implements [store.Reaper].
func (s *Store) Deaths(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
	const op = "Deaths"
	return func(yield func(store.Death, error) bool) {
		if err := s.checkReap(ctx, op, store.CheckShard(op, s, shard)); err != nil {
			yield(store.Death{}, err)
			return
		}
		for d := range s.memory.roster.Deaths() {
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
	if err := s.checkMany(ctx, op, ids); err != nil {
		return err
	}
	for _, id := range ids {
		s.memory.roster.Adopt(id)
	}
	return nil
}

// Disown implements [store.Reaper]. It returns when the workspaces are
// forgotten on the disk.
func (s *Store) Disown(ctx context.Context, ids []string) error {
	return s.doMany(ctx, "Disown", disown, ids)
}

// Note implements [store.Reaper]. It returns when the note is on the disk.
func (s *Store) Note(ctx context.Context, shard int, old, new string) (string, error) {
	const op = "Note"
	if err := s.checkReap(ctx, op, store.CheckShard(op, s, shard), store.CheckNote(op, new)); err != nil {
		return "", err
	}
	if now := s.memory.roster.State().Note; now != old || now == new {
		return now, nil
	}
	c := newChange(setNote, "")
	c.old, c.new = old, new
	if err := s.do(ctx, op, c); err != nil {
		return "", err
	}
	return c.note, nil
}

// checkReap returns the first error of the arguments, else that of the context
// or of a closed store.
func (s *Store) checkReap(ctx context.Context, op string, arguments ...error) error {
	for _, err := range arguments {
		if err != nil {
			return err
		}
	}
	return s.checkMany(ctx, op, nil)
}
