package boltstore

import (
	"context"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// SetOnline implements [store.LivenessStore]. It returns when the workspace is
// online on the disk.
func (s *Store) SetOnline(ctx context.Context, id string) error {
	const op = "SetOnline"
	ttl, err := driver.CheckTTL(ctx, op, id, s.ttls)
	if err != nil {
		return err
	}
	return s.do(ctx, op, &setOnline{target: targetOf(id), ttl: ttl})
}

// SetOnlineFor implements [store.Granter]. It returns when the workspace is
// online on the disk.
func (s *Store) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	const op = "SetOnlineFor"
	if err := driver.CheckGrant(ctx, op, id, ttl); err != nil {
		return err
	}
	return s.do(ctx, op, &setOnline{target: targetOf(id), once: true, ttl: ttl})
}

// Register implements [store.Registrar]. It returns when all is on the disk, by
// one commit.
func (s *Store) Register(ctx context.Context, id, url, internalURL string) error {
	const op = "Register"
	ttl, err := driver.CheckRegister(ctx, op, id, s.ttls, url, internalURL)
	if err != nil {
		return err
	}
	return s.do(ctx, op, &setOnline{
		target:      targetOf(id),
		ttl:         ttl,
		urlTTL:      s.ttls.ForURL(),
		url:         strings.Clone(url),
		internalURL: strings.Clone(internalURL),
	})
}

// Expire implements [store.Expirer]. It returns when the workspace is offline
// on the disk.
func (s *Store) Expire(ctx context.Context, id string) error {
	const op = "Expire"
	if err := s.gate.Check(ctx, op, id); err != nil {
		return err
	}
	return s.do(ctx, op, &expire{target: targetOf(id)})
}

// Clear implements [store.LivenessStore]. It returns when the workspace is
// forgotten on the disk.
func (s *Store) Clear(ctx context.Context, id string) error {
	const op = "Clear"
	if err := driver.Check(ctx, op, id); err != nil {
		return err
	}
	return s.do(ctx, op, &clearWorkspace{targetOf(id)})
}
