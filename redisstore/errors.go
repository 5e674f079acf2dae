package redisstore

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// translate returns the store's error for the outcome of a call. The error of a context is
// returned as such only if it is the caller's: if a pipeline ran out of time, the server
// did not answer.
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
		return driver.Errorf(op, id, store.ErrInvalid, "the data under %q has the layout %q and Options.Layout is %q: want the same, or another prefix",
			s.keys.prefix, layout.recorded, s.keys.layout)
	case !s.transport.Clustered() && (pipeline.Referred(err) || redis.HasErrorPrefix(err, "CROSSSLOT")):
		return driver.Errorf(op, id, store.ErrInvalid, "the server is a node of a Redis Cluster: want a URL with ?cluster=true, or a *redis.ClusterClient")
	case outOfMemory(err):
		return driver.Errorf(op, id, store.ErrFull, "%v", err)
	case pipeline.Refused(err) && strings.Contains(err.Error(), "WRONGTYPE"):
		return driver.Errorf(op, id, store.ErrCorrupt, "a key holds what the store did not write")
	case err == pipeline.ErrTimeout, err == context.DeadlineExceeded: // of the client, since the caller's is not done
		return driver.Errorf(op, id, store.ErrUnavailable, "no answer within %v%s", s.timeout, s.unencrypted())
	}
	return driver.Errorf(op, id, store.ErrUnavailable, "%s", s.text(err))
}

// text returns the text of an error of the server or of the connection to it, without
// passwords and with advice.
func (s *Store) text(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", with args beginning with") // which are of no help, and may be a password
	return strings.TrimSuffix(s.secrets.Replace(text), ".") + s.advice(err)
}

// outOfMemory reports whether the server refused a write because it is out of memory. In
// the error of a script that text stands elsewhere on some servers.
func outOfMemory(err error) bool {
	return pipeline.Refused(err) && (redis.IsOOMError(err) || strings.Contains(err.Error(), "OOM command not allowed"))
}

func isFull(err error) bool { return errors.Is(err, store.ErrFull) }

// redactor replaces the passwords, as they are and as a URL has them. A short one may
// be a part of any word, and is replaced only where texts repeat a request: in
// quotes, or in a URL.
func redactor(passwords []string) *strings.Replacer {
	const short = 8 // letters
	var pairs []string
	for _, password := range passwords {
		for _, p := range []string{password, url.QueryEscape(password), url.PathEscape(password)} {
			switch {
			case len(p) >= short:
				pairs = append(pairs, p, "***")
			case p != "":
				for _, around := range []string{"''", "``", `""`, ":@", "=&"} {
					begin, end := around[:1], around[1:]
					pairs = append(pairs, begin+p+end, begin+"***"+end)
				}
			}
		}
	}
	return strings.NewReplacer(pairs...)
}
