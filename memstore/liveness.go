package memstore

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// SetOnline implements [store.LivenessStore].
func (s *Store) SetOnline(ctx context.Context, id string) error {
	const op = "SetOnline"
	ttl, err := driver.CheckTTL(ctx, op, id, s.ttls)
	if err != nil {
		return err
	}
	return s.setOnline(ctx, op, id, func() bool { return s.roster.Set(id, ttl, nil) != nil })
}

// SetOnlineFor implements [store.Granter].
func (s *Store) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	const op = "SetOnlineFor"
	if err := driver.CheckGrant(ctx, op, id, ttl); err != nil {
		return err
	}
	return s.setOnline(ctx, op, id, func() bool { return s.roster.SetFor(id, ttl) != nil })
}

// Register implements [store.Registrar].
func (s *Store) Register(ctx context.Context, id, url, internalURL string) error {
	const op = "Register"
	ttl, err := driver.CheckRegister(ctx, op, id, s.ttls, url, internalURL)
	if err != nil {
		return err
	}
	cache := func(now time.Duration) {
		s.public.add(id, url, now+s.ttls.ForURL())
		s.internal.add(id, internalURL, now+s.ttls.ForURL())
	}
	return s.setOnline(ctx, op, id, func() bool { return s.roster.Set(id, ttl, cache) != nil })
}

// setOnline calls set, which reports false if the store is full. Then it turns lives that
// are over into deaths, which makes room, and calls set again; if there is no such life,
// the workspace is refused.
func (s *Store) setOnline(ctx context.Context, op, id string, set func() bool) error {
	if err := s.gate.Open(op, id); err != nil {
		return err
	}
	for full := false; !set(); { // another call may have made room since it was full
		if full {
			return s.refuse(op, id)
		}
		full = s.roster.Reap(func(dead int) bool { return dead == 0 && ctx.Err() == nil })
		if err := ctx.Err(); err != nil {
			return &store.Error{Op: op, ID: id, Err: err}
		}
	}
	if s.fullLogged.Load() {
		s.fullLogged.Store(false)
	}
	return nil
}

// refuse returns ErrFull. It logs the first refusal since a call last succeeded.
func (s *Store) refuse(op, id string) error {
	if s.fullLogged.CompareAndSwap(false, true) {
		s.log.Warn("liveness: the store is full: new workspaces are refused", "max_online", s.roster.Limit)
	}
	return driver.Errorf(op, id, store.ErrFull, "%d workspaces are online, as many as Options.MaxOnline allows", s.roster.Limit)
}

// Expire implements [store.Expirer].
func (s *Store) Expire(ctx context.Context, id string) error {
	if err := s.gate.Check(ctx, "Expire", id); err != nil {
		return err
	}
	s.roster.Expire(id, s.roster.Now())
	return nil
}

// Clear implements [store.LivenessStore].
func (s *Store) Clear(ctx context.Context, id string) error {
	if err := s.gate.Check(ctx, "Clear", id); err != nil {
		return err
	}
	s.clear(id)
	return nil
}

func (s *Store) clear(id string) {
	s.roster.Remove(id, func() { s.removeURLs(id) })
}
