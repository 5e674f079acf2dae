package redisstore

import (
	"errors"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
)

// layoutError means that the data was written with another layout.
type layoutError struct{ recorded string }

func (e *layoutError) Error() string { return "recorded layout " + e.recorded }

// masters returns the servers that hold any keys, as they are now, once the store
// can be used.
func (s *Store) masters(limit pipeline.Limit) ([]*pipeline.Server, error) {
	if err := s.prepare(limit); err != nil {
		return nil, err
	}
	return s.transport.Masters(limit)
}

// prepare returns nil once the store can be used for the requests: the servers are known,
// and the layout that is recorded in the data is the store's. If none is recorded, requests
// that write record it; requests that only read leave the data as it is.
//
// A server may refuse to record the layout, without memory or permission. The call goes on,
// and the next one tries again.
func (s *Store) prepare(limit pipeline.Limit, reqs ...request) error {
	if s.closed.Load() {
		return pipeline.ErrClosed
	}
	if s.verified.Load() {
		return nil
	}
	if err := s.transport.Ready(limit); err != nil {
		return err
	}
	key := s.keys.layoutKey()
	get := pipeline.To(key, "get", key)
	asked := []request{get}
	if slices.ContainsFunc(reqs, s.scripts.writes) {
		asked = []request{pipeline.To(key, "setnx", key, s.keys.layout.String()), get}
	}
	if err := s.transport.Run(limit, asked); err != nil {
		return err
	}
	recorded, err := get.Cmd.Text()
	switch {
	case errors.Is(err, redis.Nil): // nothing is recorded, or not any more: the next call tries again
		return nil
	case err != nil:
		return err
	case recorded != s.keys.layout.String():
		return &layoutError{recorded}
	}
	s.verified.Store(true)
	return nil
}
