package redisstore

import (
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
)

// layoutError means that the data was written with another layout.
type layoutError struct{ recorded string }

func (e *layoutError) Error() string { return "recorded layout " + e.recorded }

// masters returns the servers that hold any keys, as they are now, once the store
// can be used.
func (s *Store) masters(w pipeline.Wait) ([]*pipeline.Server, error) {
	if err := s.ready(w); err != nil {
		return nil, err
	}
	return s.transport.Masters(w)
}

// ready returns nil once the store can be used: the servers are known, and
// the layout recorded in the data, by this call if none was, is the store's.
//
// A server that refuses to record the layout, for want of memory or of
// permission, still serves calls: the next one tries again.
func (s *Store) ready(w pipeline.Wait) error {
	if s.closed.Load() {
		return pipeline.ErrClosed
	}
	if s.verified.Load() {
		return nil
	}
	if err := s.transport.Ready(w); err != nil {
		return err
	}
	key := s.keys.record()
	set := pipeline.To(key, "setnx", key, s.keys.layout.String())
	get := pipeline.To(key, "get", key)
	if err := s.transport.Run(w, []request{set, get}); err != nil {
		return err
	}
	recorded, err := get.Cmd.Text()
	switch {
	case errors.Is(err, redis.Nil) && pipeline.Refused(set.Cmd.Err()):
		return nil
	case err != nil:
		return err
	case recorded != s.keys.layout.String():
		return &layoutError{recorded}
	}
	s.verified.Store(true)
	return nil
}
