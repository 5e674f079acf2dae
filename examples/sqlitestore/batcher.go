package sqlitestore

import (
	"context"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

var (
	_ store.Batcher = (*Store)(nil)
	_ store.Pinger  = (*Store)(nil)
)

// RefreshMany implements store.Batcher.
func (s *Store) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	ttls, err := driver.CheckTTLs(ctx, "RefreshMany", ids, s.ttls)
	if err != nil {
		return nil, err
	}
	return s.many(ctx, "RefreshMany", ids, func(t tx, i int) (bool, error) { return t.refresh(ids[i], ttls[i]) })
}

// IsOnlineMany implements store.Batcher.
func (s *Store) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	if err := driver.CheckMany(ctx, "IsOnlineMany", ids); err != nil {
		return nil, err
	}
	return s.many(ctx, "IsOnlineMany", ids, func(t tx, i int) (bool, error) { return t.online(ids[i]) })
}

// ClearMany implements store.Batcher.
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	if err := driver.CheckMany(ctx, "ClearMany", ids); err != nil {
		return err
	}
	_, err := s.many(ctx, "ClearMany", ids, func(t tx, i int) (bool, error) { return true, t.clear(ids[i]) })
	return err
}

// many makes a call about many workspaces one transaction, which is synced once.
func (s *Store) many(ctx context.Context, op string, ids []string, do func(t tx, i int) (bool, error)) ([]bool, error) {
	answers := make([]bool, len(ids))
	err := s.step(ctx, op, "", func(t tx) (err error) {
		for i := range ids {
			if answers[i], err = do(t, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// Ping implements store.Pinger.
func (s *Store) Ping(ctx context.Context) error {
	if err := driver.CheckMany(ctx, "Ping", nil); err != nil {
		return err
	}
	return s.step(ctx, "Ping", "", func(t tx) error {
		_, err := t.online("")
		return err
	})
}
