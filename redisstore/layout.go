package redisstore

import (
	"errors"

	"github.com/redis/go-redis/v9"
)

// layoutError means that the data was written with another layout.
type layoutError struct{ recorded string }

func (e *layoutError) Error() string { return "recorded layout " + e.recorded }

// ready returns nil once the store can be used: the servers are known, and
// the layout recorded in the data, by this call if none was, is the store's.
//
// A server that refuses to record the layout, for want of memory or of
// permission, still serves calls: the next one tries again.
func (s *Store) ready(w wait) error {
	if s.closed.Load() {
		return errClosed
	}
	if s.verified.Load() {
		return nil
	}
	if err := s.servers.load(w); err != nil {
		return err
	}
	key := s.keys.record()
	set := command("setnx", key, s.keys.layout.String())
	get := command("get", key)
	if err := s.run(w, []request{{key: key, cmd: set}, {key: key, cmd: get}}); err != nil {
		return err
	}
	recorded, err := get.Text()
	switch {
	case errors.Is(err, redis.Nil) && refused(set.Err()):
		return nil
	case err != nil:
		return err
	case recorded != s.keys.layout.String():
		return &layoutError{recorded}
	}
	s.verified.Store(true)
	return nil
}
