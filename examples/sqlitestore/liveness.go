package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

var _ store.LivenessStore = (*Store)(nil)

// SetOnline implements store.LivenessStore.
func (s *Store) SetOnline(ctx context.Context, id string) error {
	ttl, err := driver.CheckTTL(ctx, "SetOnline", id, s.ttls)
	if err != nil {
		return err
	}
	return s.step(ctx, "SetOnline", id, func(t tx) error { return t.put(id, liveness, ttl, "") })
}

// RefreshTTL implements store.LivenessStore.
func (s *Store) RefreshTTL(ctx context.Context, id string) error {
	ttl, err := driver.CheckTTL(ctx, "RefreshTTL", id, s.ttls)
	if err != nil {
		return err
	}
	return s.step(ctx, "RefreshTTL", id, func(t tx) error {
		online, err := t.refresh(id, ttl)
		if err == nil && !online {
			err = store.ErrNotFound
		}
		return err
	})
}

// IsOnline implements store.LivenessStore.
func (s *Store) IsOnline(ctx context.Context, id string) (online bool, err error) {
	if err := driver.Check(ctx, "IsOnline", id); err != nil {
		return false, err
	}
	err = s.step(ctx, "IsOnline", id, func(t tx) (err error) {
		online, err = t.online(id)
		return err
	})
	return online && err == nil, err
}

// CacheURL implements store.LivenessStore.
func (s *Store) CacheURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheURL", id, url, publicURL)
}

// CacheInternalURL implements store.LivenessStore.
func (s *Store) CacheInternalURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheInternalURL", id, url, internalURL)
}

func (s *Store) cache(ctx context.Context, op, id, url string, k kind) error {
	if err := driver.CheckCacheURL(ctx, op, id, url); err != nil {
		return err
	}
	return s.step(ctx, op, id, func(t tx) error { return t.put(id, k, s.ttls.ForURL(), url) })
}

// GetCachedURL implements store.LivenessStore.
func (s *Store) GetCachedURL(ctx context.Context, id string) (string, error) {
	return s.cached(ctx, "GetCachedURL", id, publicURL)
}

// GetCachedInternalURL implements store.LivenessStore.
func (s *Store) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return s.cached(ctx, "GetCachedInternalURL", id, internalURL)
}

func (s *Store) cached(ctx context.Context, op, id string, k kind) (url string, err error) {
	if err := driver.Check(ctx, op, id); err != nil {
		return "", err
	}
	err = s.step(ctx, op, id, func(t tx) (err error) {
		_, url, err = t.get(id, k)
		return err
	})
	if err != nil {
		return "", err
	}
	return url, nil
}

// Clear implements store.LivenessStore.
func (s *Store) Clear(ctx context.Context, id string) error {
	if err := driver.Check(ctx, "Clear", id); err != nil {
		return err
	}
	return s.step(ctx, "Clear", id, func(t tx) error { return t.clear(id) })
}

// put writes a fact that holds for ttl, and makes room for it: it deletes a few
// that hold no more.
func (t tx) put(id string, k kind, ttl time.Duration, url string) error {
	const few = 4
	_, err := t.ExecContext(t.ctx, `DELETE FROM facts WHERE (id, kind) IN
		(SELECT id, kind FROM facts WHERE until <= ? LIMIT ?)`, t.now.UnixNano(), few)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(t.ctx, `INSERT INTO facts (id, kind, until, url) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET until = excluded.until, url = excluded.url`,
		id, k, t.now.Add(ttl).UnixNano(), url)
	return err
}

// get reads a fact. It returns ErrNotFound unless the fact holds.
func (t tx) get(id string, k kind) (remaining time.Duration, url string, err error) {
	var until int64
	err = t.QueryRowContext(t.ctx, `SELECT until, url FROM facts WHERE id = ? AND kind = ? AND until > ?`,
		id, k, t.now.UnixNano()).Scan(&until, &url)
	return time.Unix(0, until).Sub(t.now), url, found(err)
}

// found turns the error of a row that is not there into ErrNotFound.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}

func (t tx) online(id string) (bool, error) {
	_, _, err := t.get(id, liveness)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (t tx) refresh(id string, ttl time.Duration) (bool, error) {
	r, err := t.ExecContext(t.ctx, `UPDATE facts SET until = ? WHERE id = ? AND kind = ? AND until > ?`,
		t.now.Add(ttl).UnixNano(), id, liveness, t.now.UnixNano())
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

func (t tx) clear(id string) error {
	_, err := t.ExecContext(t.ctx, `DELETE FROM facts WHERE id = ?`, id)
	return err
}
