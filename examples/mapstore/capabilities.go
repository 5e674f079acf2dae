package mapstore

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

var (
	_ store.Lister    = (*Store)(nil)
	_ store.Batcher   = (*Store)(nil)
	_ store.Registrar = (*Store)(nil)
	_ store.Granter   = (*Store)(nil)
	_ store.Expirer   = (*Store)(nil)
)

// Online implements store.Lister. It lists the ids first and then looks at one
// after the other, so that no lock is held while the body of the loop runs.
func (s *Store) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	return func(yield func(store.Status, error) bool) {
		each(ctx, s, "Online", yield, func(w *workspace, now time.Time) (store.Status, bool) {
			return store.Status{ID: w.id, Remaining: w.deadline.Sub(now)}, w.online(now)
		})
	}
}

// each yields what pick makes of the workspaces, as Lister.Online asks.
func each[T any](ctx context.Context, s *Store, op string, yield func(T, error) bool, pick func(*workspace, time.Time) (T, bool)) {
	var none T
	ids, err := s.ids(ctx, op, func(w *workspace, now time.Time) bool {
		_, picked := pick(w, now)
		return picked
	})
	if err != nil {
		yield(none, err)
	}
	for _, id := range ids {
		if err := driver.CheckMany(ctx, op, nil); err != nil {
			yield(none, err)
			return
		}
		var picked bool
		item, err := step(s, op, "", func(now time.Time) (item T, _ error) {
			item, picked = pick(s.find(id), now)
			return item, nil
		})
		if err != nil {
			yield(none, err)
			return
		}
		if picked && !yield(item, nil) {
			return
		}
	}
}

// ids returns the workspaces that match.
func (s *Store) ids(ctx context.Context, op string, match func(*workspace, time.Time) bool) ([]string, error) {
	if err := driver.CheckMany(ctx, op, nil); err != nil {
		return nil, err
	}
	return step(s, op, "", func(now time.Time) (ids []string, _ error) {
		for id, w := range s.workspaces {
			if match(w, now) {
				ids = append(ids, id)
			}
		}
		return ids, nil
	})
}

// Lookup implements store.Lister.
func (s *Store) Lookup(ctx context.Context, id string) (store.Status, error) {
	if err := driver.Check(ctx, "Lookup", id); err != nil {
		return store.Status{}, err
	}
	return step(s, "Lookup", id, func(now time.Time) (store.Status, error) {
		w := s.find(id)
		if !w.online(now) {
			return store.Status{}, store.ErrNotFound
		}
		return store.Status{
			ID: w.id, Remaining: w.deadline.Sub(now),
			URL: w.cached(publicURL, now), InternalURL: w.cached(internalURL, now),
		}, nil
	})
}

// Count implements store.Lister.
func (s *Store) Count(ctx context.Context) (int, error) {
	ids, err := s.ids(ctx, "Count", (*workspace).online)
	return len(ids), err
}

// RefreshMany implements store.Batcher.
func (s *Store) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	ttls, err := driver.CheckTTLs(ctx, "RefreshMany", ids, s.ttls)
	if err != nil {
		return nil, err
	}
	return s.many("RefreshMany", ids, func(i int, now time.Time) bool {
		return s.find(ids[i]).refresh(now, ttls[i])
	})
}

// IsOnlineMany implements store.Batcher.
func (s *Store) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	if err := driver.CheckMany(ctx, "IsOnlineMany", ids); err != nil {
		return nil, err
	}
	return s.many("IsOnlineMany", ids, func(i int, now time.Time) bool {
		return s.find(ids[i]).online(now)
	})
}

// ClearMany implements store.Batcher.
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	if err := driver.CheckMany(ctx, "ClearMany", ids); err != nil {
		return err
	}
	_, err := s.many("ClearMany", ids, func(i int, now time.Time) bool {
		s.clear(ids[i], now)
		return true
	})
	return err
}

func (s *Store) many(op string, ids []string, do func(i int, now time.Time) bool) ([]bool, error) {
	return step(s, op, "", func(now time.Time) ([]bool, error) {
		answers := make([]bool, len(ids))
		for i := range ids {
			answers[i] = do(i, now)
		}
		return answers, nil
	})
}

// Register implements store.Registrar.
func (s *Store) Register(ctx context.Context, id, url, internal string) error {
	ttl, err := driver.CheckRegister(ctx, "Register", id, s.ttls, url, internal)
	if err != nil {
		return err
	}
	return s.write("Register", id, func(now time.Time) {
		w := s.need(id)
		s.setOnline(w, now, ttl)
		for which, u := range [allURLs]string{url, internal} {
			if u != "" {
				w.cache(which, u, now.Add(s.ttls.ForURL()))
			}
		}
	})
}

// SetOnlineFor implements store.Granter.
func (s *Store) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	if err := driver.CheckGrant(ctx, "SetOnlineFor", id, ttl); err != nil {
		return err
	}
	return s.write("SetOnlineFor", id, func(now time.Time) { s.need(id).try(now.Add(ttl)) })
}

// RefreshFor implements store.Granter.
func (s *Store) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	if err := driver.CheckGrant(ctx, "RefreshFor", id, ttl); err != nil {
		return err
	}
	return s.refresh("RefreshFor", id, ttl)
}

// Expire implements store.Expirer.
func (s *Store) Expire(ctx context.Context, id string) error {
	if err := driver.Check(ctx, "Expire", id); err != nil {
		return err
	}
	return s.write("Expire", id, func(now time.Time) {
		if w := s.find(id); w.online(now) {
			w.die(now, now).Expired = true
		}
	})
}
