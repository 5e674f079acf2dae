package redisstore

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
)

var (
	// errClosed means that the store was closed, or that the queue was because
	// its server is gone.
	errClosed = errors.New("closed")

	// errTimeout means that Options.Timeout has passed.
	errTimeout = errors.New("no answer in time")
)

// translate returns the store's error for whatever became of a call. Only the
// caller's own context speaks for itself: that a pipeline ran out of time means
// that the server did not answer.
func (s *Store) translate(ctx context.Context, op, id string, err error) error {
	if err == nil {
		return nil
	}
	var layout *layoutError
	switch {
	case errors.Is(err, redis.Nil):
		return &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	case ctx.Err() != nil:
		return &store.Error{Op: op, ID: id, Err: ctx.Err()}
	case s.closed.Load():
		return &store.Error{Op: op, ID: id, Err: store.ErrClosed}
	case errors.As(err, &layout):
		return store.Errorf(op, id, store.ErrInvalid, "the data under %q has the layout %q and Options.Layout is %q: want the same, or another prefix",
			s.keys.prefix, layout.recorded, s.keys.layout)
	case outOfMemory(err):
		return store.Errorf(op, id, store.ErrFull, "%v", err)
	case refused(err) && strings.Contains(err.Error(), "WRONGTYPE"):
		return store.Errorf(op, id, store.ErrCorrupt, "a key holds what the store did not write")
	case err == errTimeout:
		return store.Errorf(op, id, store.ErrUnavailable, "no answer within %v", s.timeout)
	}
	return store.Errorf(op, id, store.ErrUnavailable, "%s", s.secrets.Replace(err.Error()))
}

// outOfMemory reports whether the server refused a write for want of memory.
// What a script returns as that error begins otherwise on some servers.
func outOfMemory(err error) bool {
	return refused(err) && (redis.IsOOMError(err) || strings.Contains(err.Error(), "OOM command not allowed"))
}

func isFull(err error) bool { return errors.Is(err, store.ErrFull) }

// refused reports whether err is a server's answer rather than the lack of
// one.
func refused(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer) && !errors.Is(err, redis.Nil)
}

// redactor replaces the passwords, as they are and as a URL has them.
func redactor(passwords []string) *strings.Replacer {
	var pairs []string
	for _, p := range passwords {
		if p != "" {
			pairs = append(pairs, p, "***", url.QueryEscape(p), "***", url.PathEscape(p), "***")
		}
	}
	return strings.NewReplacer(pairs...)
}
