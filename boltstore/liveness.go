package boltstore

import (
	"context"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
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
	return s.do(ctx, op, &setOnline{about: of(id), ttl: ttl})
}

// SetOnlineFor implements [store.Granter]. It returns when the workspace is
// online on the disk.
func (s *Store) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	const op = "SetOnlineFor"
	if err := driver.CheckGrant(ctx, op, id, ttl); err != nil {
		return err
	}
	return s.do(ctx, op, &setOnline{about: of(id), once: true, ttl: ttl})
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
		about:       of(id),
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
	return s.do(ctx, op, &expire{about: of(id)})
}

// Clear implements [store.LivenessStore]. It returns when the workspace is
// forgotten on the disk.
func (s *Store) Clear(ctx context.Context, id string) error {
	const op = "Clear"
	if err := driver.Check(ctx, op, id); err != nil {
		return err
	}
	return s.do(ctx, op, &clearAll{of(id)})
}

// do hands the changes to the committer and waits until all are on the disk,
// or the context is done.
func (s *Store) do(ctx context.Context, op string, changes ...change) error {
	calls := make([]*call, len(changes))
	for i, c := range changes {
		calls[i] = newCall(c)
	}
	if !s.queue.put(calls...) {
		return &store.Error{Op: op, ID: changes[0].workspace(), Err: store.ErrClosed}
	}
	var failed error
	for i, c := range calls {
		select {
		case err := <-c.done:
			if err != nil && failed == nil {
				failed = driver.Errorf(op, c.workspace(), store.ErrUnavailable, "%v", err)
			}
		case <-ctx.Done():
			for _, c := range calls[i:] {
				c.abandon()
			}
			return &store.Error{Op: op, ID: c.workspace(), Err: ctx.Err()}
		}
	}
	return failed
}
