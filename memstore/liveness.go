package memstore

import (
	"context"

	"github.com/molecule-ai/liveness/store"
)

// SetOnline implements [store.LivenessStore].
func (s *Store) SetOnline(ctx context.Context, id string) error {
	const op = "SetOnline"
	ttl, err := s.ttls.Check(ctx, op, id)
	if err != nil {
		return err
	}
	if err := s.open(op, id); err != nil {
		return err
	}
	if s.roster.Set(id, ttl) == nil {
		return s.refuse(op, id)
	}
	if s.full.Load() {
		s.full.Store(false)
	}
	return nil
}

// refuse tells the log once for each time that the store becomes full.
func (s *Store) refuse(op, id string) error {
	if s.full.CompareAndSwap(false, true) {
		s.log.Warn("liveness: the store is full: new workspaces are refused", "max_online", s.roster.Limit)
	}
	return store.Errorf(op, id, store.ErrFull, "%d workspaces are online, as many as Options.MaxOnline allows", s.roster.Limit)
}

// RefreshTTL implements [store.LivenessStore]. It allocates nothing.
func (s *Store) RefreshTTL(ctx context.Context, id string) error {
	const op = "RefreshTTL"
	ttl, err := s.ttls.Check(ctx, op, id)
	if err != nil {
		return err
	}
	if err := s.open(op, id); err != nil {
		return err
	}
	if !s.roster.Extend(id, ttl) {
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
	return s.roster.Remaining(id) > 0, nil
}

// Clear implements [store.LivenessStore].
func (s *Store) Clear(ctx context.Context, id string) error {
	const op = "Clear"
	if err := s.check(ctx, op, id); err != nil {
		return err
	}
	s.clear(id)
	return nil
}

func (s *Store) clear(id string) {
	s.roster.Remove(id, func() { s.forgetURLs(id) })
}

// check is the first line of the methods that grant no TTL.
func (s *Store) check(ctx context.Context, op, id string) error {
	if err := store.Check(ctx, op, id); err != nil {
		return err
	}
	return s.open(op, id)
}
