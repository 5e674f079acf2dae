package redisstore

import (
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	firstPause = time.Millisecond
	lastPause  = 64 * time.Millisecond
)

// runAll runs the requests and returns the first error that any of them has.
func (s *Store) runAll(w wait, reqs []request) error {
	if err := s.run(w, reqs); err != nil {
		return err
	}
	for _, r := range reqs {
		if err := r.cmd.Err(); err != nil {
			return err
		}
	}
	return nil
}

// run sends the requests, those for one server in one pipeline, and returns
// when each command has its reply or its error. What a server declined to do
// is sent again, perhaps to another one; anything else is sent at most once.
func (s *Store) run(w wait, reqs []request) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if err := s.round(w, reqs); err != nil {
			return err
		}
		again := s.declined(reqs)
		if len(again) == 0 {
			return nil
		}
		if err := s.redirect(w, again); err != nil {
			return err
		}
		if err := w.pause(pause); err != nil {
			return s.giveUp(err, again)
		}
		reqs = again
	}
}

// giveUp prefers to tell why the server declined to telling that the time is
// up.
func (s *Store) giveUp(err error, reqs []request) error {
	if err == errTimeout {
		return reqs[0].cmd.Err()
	}
	return err
}

// round makes one round trip to each server that is concerned.
func (s *Store) round(w wait, reqs []request) error {
	var space [1]*call
	calls := space[:0]
	for _, r := range reqs {
		q := r.at
		if q == nil {
			var err error
			if q, err = s.servers.of(r.key); err != nil {
				return err
			}
		}
		var c *call
		for _, other := range calls {
			if other.queue == q {
				c = other
			}
		}
		if c == nil {
			c = s.calls.get(w.ctx, q, len(reqs))
			calls = append(calls, c)
		}
		if r.asking {
			c.add(command("asking"))
		}
		c.add(r.cmd)
	}
	for _, c := range calls {
		if err := c.queue.submit(c); err != nil {
			c.finish(err)
		}
	}
	for i, c := range calls {
		if err := c.await(w); err != nil {
			for _, rest := range calls[i:] {
				rest.abandon()
			}
			return err
		}
		s.calls.put(c)
	}
	return nil
}

// declined returns the requests that a server did not act upon and that are
// worth trying again.
func (s *Store) declined(reqs []request) []request {
	var again []request
	for _, r := range reqs {
		if tryAgain(r.cmd.Err()) || r.cmd.Err() == errClosed && !s.closed.Load() {
			again = append(again, r)
		}
	}
	return again
}

// redirect points the requests at the servers that they were referred to.
func (s *Store) redirect(w wait, reqs []request) error {
	stale := false
	for i := range reqs {
		r := &reqs[i]
		if unknownScript(r.cmd.Err()) {
			r.sendWhole()
			continue
		}
		if addr, ok := redis.IsAskError(r.cmd.Err()); ok {
			r.at = s.servers.at(addr)
			r.asking = r.at != nil
			stale = stale || r.at == nil
		} else if r.key != "" {
			r.at, r.asking = nil, false
			_, moved := redis.IsMovedError(r.cmd.Err())
			stale = stale || moved
		}
	}
	if !stale {
		return nil
	}
	return w.until(s.servers.reload())
}

// masters returns the queues of all servers, as they are now, once the store
// can be used.
func (s *Store) masters(w wait) ([]*queue, error) {
	if err := s.ready(w); err != nil {
		return nil, err
	}
	if err := w.until(s.servers.reload()); err != nil {
		return nil, err
	}
	return s.servers.all(), nil
}

// tryAgain reports whether err is a server's word that it did nothing and
// that it, or another, will.
func tryAgain(err error) bool {
	if err == nil || errors.Is(err, redis.Nil) {
		return false
	}
	_, moved := redis.IsMovedError(err)
	_, ask := redis.IsAskError(err)
	return moved || ask || redis.IsLoadingError(err) || redis.IsTryAgainError(err) || unknownScript(err)
}
