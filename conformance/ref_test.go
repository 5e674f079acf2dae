package conformance

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// ref is a small store that keeps the contract, for mutants to break it. Its
// data outlives it and its backend can go away.
type ref struct {
	*data
	lab    *lab
	ttls   store.TTLs
	closed bool
}

// data is what a ref keeps.
type data struct {
	sync.Mutex
	limit int
	lives map[string]time.Time
	urls  map[slot]cached

	longest time.Duration // TTL granted
	deaths  map[string]*corpse
	silent  map[string]*corpse // acknowledged, and has not come back
	shards  [refShards]watched
	token   int64
	acked   []string // at the mutant's disposal
}

type slot struct {
	kind string
	id   string
}

type cached struct {
	url string
	end time.Time
}

// lab is what all stores of one mutant share.
type lab struct {
	sync.Mutex
	away chan struct{} // closed when the backend is back; nil: it is not away
	flag bool          // at the mutant's disposal
}

var (
	_ store.LivenessStore = (*ref)(nil)
	_ store.Lister        = (*ref)(nil)
	_ store.Batcher       = (*ref)(nil)
	_ store.Pinger        = (*ref)(nil)
	_ store.Reaper        = (*ref)(nil)
)

const refLimit = 60

func newData() *data {
	return &data{limit: refLimit, lives: map[string]time.Time{}, urls: map[slot]cached{}, deaths: map[string]*corpse{}, silent: map[string]*corpse{}}
}

// do runs f alone once the backend answers.
func (r *ref) do(ctx context.Context, op, id string, f func() error) error {
	r.Lock()
	closed := r.closed
	r.Unlock()
	if closed {
		return &store.Error{Op: op, ID: id, Err: store.ErrClosed}
	}
	if err := r.reach(ctx); err != nil {
		return &store.Error{Op: op, ID: id, Err: err}
	}
	r.Lock()
	defer r.Unlock()
	if err := f(); err != nil {
		return &store.Error{Op: op, ID: id, Err: err}
	}
	return nil
}

func (r *ref) reach(ctx context.Context) error {
	r.lab.Lock()
	away := r.lab.away
	r.lab.Unlock()
	if away == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-away:
	case <-time.After(300 * time.Millisecond):
	}
	return store.ErrUnavailable
}

func (r *ref) left(id string) time.Duration { return max(0, time.Until(r.lives[id])) }

func (r *ref) online() (n int) {
	now := time.Now()
	for _, end := range r.lives {
		if now.Before(end) {
			n++
		}
	}
	return n
}

func (r *ref) grant(id string, ttl time.Duration) {
	r.lives[id] = time.Now().Add(ttl)
	r.longest = max(r.longest, ttl)
	delete(r.deaths, id)
	delete(r.silent, id)
}

func (r *ref) SetOnline(ctx context.Context, id string) error {
	ttl, err := r.ttls.Check(ctx, "SetOnline", id)
	if err != nil {
		return err
	}
	return r.do(ctx, "SetOnline", id, func() error {
		if r.left(id) == 0 && len(r.lives) >= r.limit && r.online() >= r.limit {
			return store.ErrFull
		}
		r.grant(id, ttl)
		return nil
	})
}

func (r *ref) RefreshTTL(ctx context.Context, id string) error {
	ttl, err := r.ttls.Check(ctx, "RefreshTTL", id)
	if err != nil {
		return err
	}
	return r.do(ctx, "RefreshTTL", id, func() error {
		if r.left(id) == 0 {
			return store.ErrNotFound
		}
		r.grant(id, ttl)
		return nil
	})
}

func (r *ref) IsOnline(ctx context.Context, id string) (online bool, err error) {
	if err := store.Check(ctx, "IsOnline", id); err != nil {
		return false, err
	}
	err = r.do(ctx, "IsOnline", id, func() error { online = r.left(id) > 0; return nil })
	return online, err
}

func (r *ref) put(ctx context.Context, op, kind, id, url string) error {
	if err := store.CheckCache(ctx, op, id, url); err != nil {
		return err
	}
	return r.do(ctx, op, id, func() error {
		r.urls[slot{kind, id}] = cached{url, time.Now().Add(r.ttls.ForURL())}
		return nil
	})
}

func (r *ref) get(ctx context.Context, op, kind, id string) (url string, err error) {
	if err := store.Check(ctx, op, id); err != nil {
		return "", err
	}
	err = r.do(ctx, op, id, func() error {
		c := r.urls[slot{kind, id}]
		if !time.Now().Before(c.end) {
			return store.ErrNotFound
		}
		url = c.url
		return nil
	})
	return url, err
}

func (r *ref) CacheURL(ctx context.Context, id, url string) error {
	return r.put(ctx, "CacheURL", "public", id, url)
}

func (r *ref) GetCachedURL(ctx context.Context, id string) (string, error) {
	return r.get(ctx, "GetCachedURL", "public", id)
}

func (r *ref) CacheInternalURL(ctx context.Context, id, url string) error {
	return r.put(ctx, "CacheInternalURL", "internal", id, url)
}

func (r *ref) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return r.get(ctx, "GetCachedInternalURL", "internal", id)
}

func (r *ref) forget(id string) {
	delete(r.lives, id)
	delete(r.deaths, id)
	delete(r.silent, id)
	delete(r.urls, slot{"public", id})
	delete(r.urls, slot{"internal", id})
}

func (r *ref) Clear(ctx context.Context, id string) error {
	if err := store.Check(ctx, "Clear", id); err != nil {
		return err
	}
	return r.do(ctx, "Clear", id, func() error { r.forget(id); return nil })
}

func (r *ref) Close() error {
	r.Lock()
	defer r.Unlock()
	r.closed = true
	return nil
}
