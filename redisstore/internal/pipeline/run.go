package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	firstPause = time.Millisecond
	lastPause  = 64 * time.Millisecond
)

// Request is one command for one server: the one that holds Key, or At if that is
// set.
type Request struct {
	Key string
	At  *Server
	Cmd *redis.Cmd

	// Source is that of the script which Cmd asks for by its digest, if it is
	// such a command. It is sent to a server that does not know the script.
	Source string

	asking bool // ASKING is to be sent before
}

// To returns a request for the server that holds the key.
func To(key string, args ...any) Request { return Request{Key: key, Cmd: Command(args...)} }

// At returns a request for the server.
func At(s *Server, args ...any) Request { return Request{At: s, Cmd: Command(args...)} }

// Command returns a command whose reply may be of any kind.
func Command(args ...any) *redis.Cmd { return redis.NewCmd(context.Background(), args...) }

// sendWhole has the request's script sent in place of its digest.
func (r *Request) sendWhole() {
	args := slices.Clone(r.Cmd.Args())
	args[0], args[1] = "eval", r.Source
	*r.Cmd = *Command(args...)
	r.Cmd.SetErr(errUnanswered)
}

// RunAll runs the requests and returns the first error that any of them has.
func (t *Transport) RunAll(limit Limit, reqs []Request) error {
	if err := t.Run(limit, reqs); err != nil {
		return err
	}
	for _, r := range reqs {
		if err := r.Cmd.Err(); err != nil {
			return err
		}
	}
	return nil
}

// Run sends the requests, those for one server together and in order, and returns
// when each command has its reply or its error. What a server declined to do is sent
// again, perhaps to another one; anything else is sent at most once.
func (t *Transport) Run(limit Limit, reqs []Request) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if err := t.round(limit, reqs); err != nil {
			return err
		}
		again := t.declined(reqs)
		if len(again) == 0 {
			return nil
		}
		if err := t.redirect(limit, again); err != nil {
			return err
		}
		if err := limit.sleep(pause); err != nil {
			return giveUp(err, again)
		}
		reqs = again
	}
}

// giveUp prefers to tell why the server declined to telling that the time is up. Of a
// script that is to be sent whole there is no more to tell.
func giveUp(err error, reqs []Request) error {
	if declined := reqs[0].Cmd.Err(); err == ErrTimeout && declined != errUnanswered {
		return declined
	}
	return err
}

// round makes one round trip to each server that is concerned.
func (t *Transport) round(limit Limit, reqs []Request) error {
	var space [1]*call
	calls := space[:0]
	for _, r := range reqs {
		server := r.At
		if server == nil {
			var err error
			if server, err = t.topology.byKey(r.Key); err != nil {
				return err
			}
		}
		var c *call
		for _, other := range calls {
			if other.server == server {
				c = other
			}
		}
		if c == nil {
			c = newCall(limit.ctx, server, len(reqs))
			calls = append(calls, c)
		}
		if r.asking {
			c.add(Command("asking"))
		}
		c.add(r.Cmd)
	}
	if c := calls[0]; len(calls) == 1 && c.server.callAlone(c, limit.end) {
		return c.endedEarly()
	}
	for _, c := range calls {
		c.done = signals.Get().(chan struct{})
		if err := c.server.submit(c); err != nil {
			c.finish(err)
			c.done <- struct{}{}
		}
	}
	for i, c := range calls {
		if err := c.await(limit); err != nil {
			for _, rest := range calls[i:] {
				rest.abandon()
			}
			return err
		}
	}
	return nil
}

// declined returns the requests that a server did not act upon and that are worth
// trying again.
func (t *Transport) declined(reqs []Request) []Request {
	var again []Request
	for _, r := range reqs {
		if t.tryAgain(r.Cmd.Err()) || r.Cmd.Err() == ErrClosed && r.Key != "" && !t.closed.Load() {
			again = append(again, r)
		}
	}
	return again
}

// tryAgain reports whether err is a server's word that it did nothing and that it,
// or another that is known, will.
func (t *Transport) tryAgain(err error) bool {
	if err == nil || errors.Is(err, redis.Nil) {
		return false
	}
	return t.clustered && Referred(err) || redis.IsLoadingError(err) || redis.IsTryAgainError(err) || unknownScript(err)
}

// redirect points the requests at the servers that they were referred to.
func (t *Transport) redirect(limit Limit, reqs []Request) error {
	stale := false
	for i := range reqs {
		r := &reqs[i]
		if unknownScript(r.Cmd.Err()) {
			r.sendWhole()
			continue
		}
		if addr, ok := redis.IsAskError(r.Cmd.Err()); ok {
			at, err := t.topology.byAddr(addr)
			if err != nil {
				return err
			}
			r.At, r.asking = at, true
		} else if r.Key != "" {
			r.At, r.asking = nil, false
			_, moved := redis.IsMovedError(r.Cmd.Err())
			stale = stale || moved
		}
	}
	if !stale {
		return nil
	}
	return limit.Wait(t.topology.reload())
}
