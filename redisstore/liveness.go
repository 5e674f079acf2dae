package redisstore

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// SetOnline implements [store.LivenessStore].
//
// ErrFull means that Redis is out of memory and refuses writes, and that the workspace is
// not online.
func (s *Store) SetOnline(ctx context.Context, id string) error {
	const op = "SetOnline"
	ttl, err := driver.CheckTTL(ctx, op, id, s.traits.TTLs)
	if err != nil {
		return err
	}
	return s.grant(ctx, op, id, grant{ttl: ttl})
}

// SetOnlineFor implements [store.Granter].
func (s *Store) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	const op = "SetOnlineFor"
	if err := driver.CheckGrant(ctx, op, id, ttl); err != nil {
		return err
	}
	return s.grant(ctx, op, id, grant{ttl: ttl, once: true})
}

// Register implements [store.Registrar].
//
// ErrFull means that Redis is out of memory and refuses writes. Nothing has changed, even if
// the workspace is online.
func (s *Store) Register(ctx context.Context, id, url, internalURL string) error {
	const op = "Register"
	ttl, err := driver.CheckRegister(ctx, op, id, s.traits.TTLs, url, internalURL)
	if err != nil {
		return err
	}
	return s.grant(ctx, op, id, grant{ttl: ttl, url: url, internalURL: internalURL})
}

// grant is what a call that makes a workspace online grants.
type grant struct {
	ttl              time.Duration
	once             bool   // by SetOnlineFor
	url, internalURL string // to be cached, unless empty
}

// grant makes a workspace online. A full server refuses that; then grant prolongs the life
// of a workspace that is online, unless there is a URL to cache.
func (s *Store) grant(ctx context.Context, op, id string, g grant) error {
	err := s.send(ctx, op, id, s.onWorkspace(s.scripts.setOnline, id, milliseconds(g.ttl), milliseconds(s.keepDeaths),
		g.url, g.internalURL, milliseconds(s.traits.TTLs.ForURL()), flag(g.once)))
	if isFull(err) && g.url == "" && g.internalURL == "" && s.prolong(ctx, op, id, g.ttl) == nil {
		return nil
	}
	return err
}

// RefreshTTL implements [store.LivenessStore]. It sends one command.
func (s *Store) RefreshTTL(ctx context.Context, id string) error {
	const op = "RefreshTTL"
	ttl, err := driver.CheckTTL(ctx, op, id, s.traits.TTLs)
	if err != nil {
		return err
	}
	return s.prolong(ctx, op, id, ttl)
}

// RefreshFor implements [store.Granter]. It sends one command.
func (s *Store) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	const op = "RefreshFor"
	if err := driver.CheckGrant(ctx, op, id, ttl); err != nil {
		return err
	}
	return s.prolong(ctx, op, id, ttl)
}

// prolong gives a workspace that is online a TTL from now.
func (s *Store) prolong(ctx context.Context, op, id string, ttl time.Duration) error {
	online, err := s.ask(ctx, op, id, s.refresh(id, ttl))
	if err == nil && !online {
		err = &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return err
}

// Expire implements [store.Expirer].
func (s *Store) Expire(ctx context.Context, id string) error {
	const op = "Expire"
	if err := driver.Check(ctx, op, id); err != nil {
		return err
	}
	return s.send(ctx, op, id, s.onWorkspace(s.scripts.expire, id))
}

// IsOnline implements [store.LivenessStore].
func (s *Store) IsOnline(ctx context.Context, id string) (bool, error) {
	const op = "IsOnline"
	if err := driver.Check(ctx, op, id); err != nil {
		return false, err
	}
	return s.ask(ctx, op, id, s.isOnline(id))
}

// Clear implements [store.LivenessStore].
func (s *Store) Clear(ctx context.Context, id string) error {
	const op = "Clear"
	if err := driver.Check(ctx, op, id); err != nil {
		return err
	}
	return s.send(ctx, op, id, s.clear(id))
}

// ask sends one command about one workspace and returns whether it counted any key.
func (s *Store) ask(ctx context.Context, op, id string, r request) (bool, error) {
	cmd, err := s.do(ctx, op, id, r)
	if err != nil {
		return false, err
	}
	yes, err := anyKey(cmd)
	return yes, s.translate(ctx, op, id, err)
}

// do sends one command about one workspace and returns it with its reply.
func (s *Store) do(ctx context.Context, op, id string, r request) (*redis.Cmd, error) {
	return r.Cmd, s.send(ctx, op, id, r)
}

// send sends commands, once the store can be used, and returns the first error of any.
func (s *Store) send(ctx context.Context, op, id string, reqs ...request) error {
	limit := s.transport.Limit(ctx)
	err := s.prepare(limit, reqs...)
	if err == nil {
		err = s.transport.RunAll(limit, reqs)
	}
	return s.translate(ctx, op, id, err)
}
