package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
)

// SetOnline implements [store.LivenessStore].
//
// ErrFull means that Redis refuses writes for want of memory and that the
// workspace is not online.
func (s *Store) SetOnline(ctx context.Context, id string) error {
	const op = "SetOnline"
	ttl, err := s.ttls.Check(ctx, op, id)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, op, id, s.setOnline(id, ttl))
	if isFull(err) && s.RefreshTTL(ctx, id) == nil {
		return nil
	}
	return err
}

// RefreshTTL implements [store.LivenessStore]. It sends one command.
func (s *Store) RefreshTTL(ctx context.Context, id string) error {
	const op = "RefreshTTL"
	ttl, err := s.ttls.Check(ctx, op, id)
	if err != nil {
		return err
	}
	online, err := s.ask(ctx, op, id, s.refresh(id, ttl))
	if err == nil && !online {
		err = &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return err
}

// IsOnline implements [store.LivenessStore].
func (s *Store) IsOnline(ctx context.Context, id string) (bool, error) {
	const op = "IsOnline"
	if err := store.Check(ctx, op, id); err != nil {
		return false, err
	}
	return s.ask(ctx, op, id, s.isOnline(id))
}

// Clear implements [store.LivenessStore].
func (s *Store) Clear(ctx context.Context, id string) error {
	const op = "Clear"
	if err := store.Check(ctx, op, id); err != nil {
		return err
	}
	_, err := s.do(ctx, op, id, s.clear(id))
	return err
}

// ask sends one command about one workspace and tells whether it found it.
func (s *Store) ask(ctx context.Context, op, id string, r request) (bool, error) {
	cmd, err := s.do(ctx, op, id, r)
	if err != nil {
		return false, err
	}
	yes, err := found(cmd)
	return yes, s.translate(ctx, op, id, err)
}

// do sends one command about one workspace and returns it with its reply.
func (s *Store) do(ctx context.Context, op, id string, r request) (*redis.Cmd, error) {
	w := s.wait(ctx)
	err := s.ready(w)
	if err == nil {
		err = s.runAll(w, []request{r})
	}
	return r.cmd, s.translate(ctx, op, id, err)
}
