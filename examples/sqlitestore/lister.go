package sqlitestore

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

var _ store.Lister = (*Store)(nil)

// Online implements store.Lister. It asks for one workspace after the other, in
// the order of the ids, so that no transaction is open while the body of the loop
// runs.
func (s *Store) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	return func(yield func(store.Status, error) bool) {
		status, err := s.next(ctx, "")
		for err == nil {
			if !yield(status, nil) {
				return
			}
			status, err = s.next(ctx, status.ID)
		}
		if !errors.Is(err, store.ErrNotFound) {
			yield(store.Status{}, err)
		}
	}
}

// next returns the workspace that follows last among those that are online, or
// ErrNotFound.
func (s *Store) next(ctx context.Context, last string) (status store.Status, err error) {
	if err := driver.CheckMany(ctx, "Online", nil); err != nil {
		return store.Status{}, err
	}
	err = s.step(ctx, "Online", "", func(t tx) error {
		var until int64
		err := t.QueryRowContext(ctx, `SELECT id, until FROM facts WHERE kind = ? AND until > ? AND id > ? ORDER BY id LIMIT 1`,
			liveness, t.now.UnixNano(), last).Scan(&status.ID, &until)
		status.Remaining = time.Unix(0, until).Sub(t.now)
		return found(err)
	})
	return status, err
}

// Lookup implements store.Lister.
func (s *Store) Lookup(ctx context.Context, id string) (status store.Status, err error) {
	if err := driver.Check(ctx, "Lookup", id); err != nil {
		return store.Status{}, err
	}
	status.ID = id
	err = s.step(ctx, "Lookup", id, func(t tx) (err error) {
		if status.Remaining, _, err = t.get(id, liveness); err != nil {
			return err
		}
		if status.URL, err = t.url(id, publicURL); err != nil {
			return err
		}
		status.InternalURL, err = t.url(id, internalURL)
		return err
	})
	if err != nil {
		return store.Status{}, err
	}
	return status, nil
}

// url returns a cached URL, or "".
func (t tx) url(id string, k kind) (string, error) {
	_, url, err := t.get(id, k)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return url, err
}

// Count implements store.Lister.
func (s *Store) Count(ctx context.Context) (n int, err error) {
	if err := driver.CheckMany(ctx, "Count", nil); err != nil {
		return 0, err
	}
	err = s.step(ctx, "Count", "", func(t tx) error {
		return t.QueryRowContext(ctx, `SELECT count(*) FROM facts WHERE kind = ? AND until > ?`,
			liveness, t.now.UnixNano()).Scan(&n)
	})
	return n, err
}
