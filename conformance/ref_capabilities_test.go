package conformance

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func (r *ref) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	return func(yield func(store.Status, error) bool) {
		var ids []string
		err := r.many(ctx, "Online", nil, func() {
			for id := range r.lives {
				ids = append(ids, id)
			}
		})
		for _, id := range ids {
			var left time.Duration
			if err = r.many(ctx, "Online", nil, func() { left = r.left(id) }); err != nil {
				break
			}
			if left > 0 && !yield(store.Status{ID: id, Remaining: left}, nil) {
				return
			}
		}
		if err != nil {
			yield(store.Status{}, err)
		}
	}
}

func (r *ref) Lookup(ctx context.Context, id string) (s store.Status, err error) {
	if err := driver.Check(ctx, "Lookup", id); err != nil {
		return s, err
	}
	err = r.do(ctx, "Lookup", id, func() error {
		if left := r.left(id); left > 0 {
			s = store.Status{ID: id, Remaining: left, URL: r.url("public", id), InternalURL: r.url("internal", id)}
			return nil
		}
		return store.ErrNotFound
	})
	return s, err
}

func (r *ref) Count(ctx context.Context) (n int, err error) {
	err = r.many(ctx, "Count", nil, func() { n = r.online() })
	return n, err
}

func (r *ref) many(ctx context.Context, op string, ids []string, f func()) error {
	if err := driver.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	return r.do(ctx, op, "", func() error { f(); return nil })
}

func (r *ref) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	ttls, err := driver.CheckTTLs(ctx, "RefreshMany", ids, r.ttls)
	if err != nil {
		return nil, err
	}
	return r.each(ctx, "RefreshMany", ids, func(i int) bool {
		if r.left(ids[i]) == 0 {
			return false
		}
		r.grant(ids[i], ttls[i])
		return true
	})
}

func (r *ref) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	return r.each(ctx, "IsOnlineMany", ids, func(i int) bool { return r.left(ids[i]) > 0 })
}

func (r *ref) each(ctx context.Context, op string, ids []string, f func(i int) bool) ([]bool, error) {
	answers := make([]bool, len(ids))
	err := r.many(ctx, op, ids, func() {
		for i := range ids {
			answers[i] = f(i)
		}
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

func (r *ref) ClearMany(ctx context.Context, ids []string) error {
	return r.many(ctx, "ClearMany", ids, func() {
		for _, id := range ids {
			r.forget(id)
		}
	})
}

func (r *ref) Ping(ctx context.Context) error {
	return r.many(ctx, "Ping", nil, func() {})
}

func (r *ref) Register(ctx context.Context, id, url, internalURL string) error {
	ttl, err := driver.CheckRegister(ctx, "Register", id, r.ttls, url, internalURL)
	if err != nil {
		return err
	}
	return r.set(ctx, "Register", id, ttl, func() {
		r.comeBack(id)
		if url != "" {
			r.cache("public", id, url)
		}
		if internalURL != "" {
			r.cache("internal", id, internalURL)
		}
	})
}

func (r *ref) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	if err := driver.CheckGrant(ctx, "SetOnlineFor", id, ttl); err != nil {
		return err
	}
	return r.set(ctx, "SetOnlineFor", id, ttl, func() { r.bounds[id] = r.lives[id] })
}

func (r *ref) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	if err := driver.CheckGrant(ctx, "RefreshFor", id, ttl); err != nil {
		return err
	}
	return r.refresh(ctx, "RefreshFor", id, ttl)
}

func (r *ref) Expire(ctx context.Context, id string) error {
	if err := driver.Check(ctx, "Expire", id); err != nil {
		return err
	}
	return r.do(ctx, "Expire", id, func() error {
		if now := time.Now(); r.left(id) > 0 {
			r.die(id, now).Expired = true
		}
		return nil
	})
}
