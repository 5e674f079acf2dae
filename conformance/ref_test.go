package conformance

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// ref is a small store that keeps the contract, for mutants to break it. Its
// data outlives it and its backend can go away.
type ref struct {
	*data
	refServer *refServer
	ttls      store.TTLs
	closed    bool
	late      func() // what a call does before and after; nil: nothing
}

// data is the contents of a ref.
type data struct {
	sync.Mutex
	limit  int
	lives  map[string]time.Time // deadlines
	urls   map[slot]cached
	deaths map[string]*refDeath
	leases map[string]*lease
	recent map[string]time.Time // when a workspace stops being recent
	bounds map[string]time.Time // when a recent workspace has come back if it is alive
	since  map[string]time.Time // Since of the withdrawn, until they are heard from
	shards [refShards]watched
	token  int64
	uses   int64 // of URLs

	// At the mutant's disposal.
	acked   []string
	unsaved map[string]time.Time  // deadlines before calls that did not reach the disk
	order   func(*refDeath) int64 // before that of the contract
}

type slot struct {
	kind string
	id   string
}

type cached struct {
	url string
	end time.Time
	use int64 // which of all uses the last of it was
}

// refServer is shared by all stores of one mutant.
type refServer struct {
	sync.Mutex
	away chan struct{} // closed when the backend is back; nil: it is not away
	flag bool          // at the mutant's disposal
}

var (
	_ store.LivenessStore = (*ref)(nil)
	_ store.Lister        = (*ref)(nil)
	_ store.Batcher       = (*ref)(nil)
	_ store.Registrar     = (*ref)(nil)
	_ store.Granter       = (*ref)(nil)
	_ store.Expirer       = (*ref)(nil)
	_ store.Pinger        = (*ref)(nil)
	_ driver.Reaper       = (*ref)(nil)
	_ driver.Sampler      = (*ref)(nil)
	_ driver.Reconciler   = (*ref)(nil)
	_ driver.Discoverer   = (*ref)(nil)
	_ driver.Restorer     = (*ref)(nil)
)

const refLimit = 60

func newData() *data {
	return &data{
		limit: refLimit, lives: map[string]time.Time{}, urls: map[slot]cached{}, deaths: map[string]*refDeath{},
		leases: map[string]*lease{}, recent: map[string]time.Time{},
		bounds: map[string]time.Time{}, since: map[string]time.Time{},
		unsaved: map[string]time.Time{},
	}
}

// do runs f alone once the backend answers.
func (r *ref) do(ctx context.Context, op, id string, f func() error) error {
	r.Lock()
	closed := r.closed
	r.Unlock()
	if closed {
		return &store.Error{Op: op, ID: id, Err: store.ErrClosed}
	}
	if r.late != nil {
		r.late()
		defer r.late()
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
	r.refServer.Lock()
	away := r.refServer.away
	r.refServer.Unlock()
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

// grant begins or goes on with a life.
func (r *ref) grant(id string, ttl time.Duration) {
	r.lives[id] = time.Now().Add(ttl)
	delete(r.deaths, id)
	delete(r.since, id)
}

// comeBack ends that the workspace is recent.
func (r *ref) comeBack(id string) {
	if time.Now().Before(r.recent[id]) {
		r.shards[shardOf(id)].returned++
	}
	delete(r.recent, id)
}

func (r *ref) SetOnline(ctx context.Context, id string) error {
	ttl, err := driver.CheckTTL(ctx, "SetOnline", id, r.ttls)
	if err != nil {
		return err
	}
	return r.set(ctx, "SetOnline", id, ttl, func() { r.comeBack(id) })
}

// set is SetOnline, with more in the same step.
func (r *ref) set(ctx context.Context, op, id string, ttl time.Duration, also func()) error {
	return r.do(ctx, op, id, func() error {
		if r.left(id) == 0 && r.online() >= r.limit {
			return store.ErrFull
		}
		r.grant(id, ttl)
		also()
		return nil
	})
}

func (r *ref) RefreshTTL(ctx context.Context, id string) error {
	ttl, err := driver.CheckTTL(ctx, "RefreshTTL", id, r.ttls)
	if err != nil {
		return err
	}
	return r.refresh(ctx, "RefreshTTL", id, ttl)
}

func (r *ref) refresh(ctx context.Context, op, id string, ttl time.Duration) error {
	return r.do(ctx, op, id, func() error {
		if r.left(id) == 0 {
			return store.ErrNotFound
		}
		r.grant(id, ttl)
		return nil
	})
}

func (r *ref) IsOnline(ctx context.Context, id string) (online bool, err error) {
	if err := driver.Check(ctx, "IsOnline", id); err != nil {
		return false, err
	}
	err = r.do(ctx, "IsOnline", id, func() error { online = r.left(id) > 0; return nil })
	return online, err
}

func (r *ref) put(ctx context.Context, op, kind, id, url string) error {
	if err := driver.CheckCacheURL(ctx, op, id, url); err != nil {
		return err
	}
	return r.do(ctx, op, id, func() error {
		r.cache(kind, id, url)
		return nil
	})
}

func (r *ref) get(ctx context.Context, op, kind, id string) (url string, err error) {
	if err := driver.Check(ctx, op, id); err != nil {
		return "", err
	}
	err = r.do(ctx, op, id, func() error {
		if url = r.url(kind, id); url == "" {
			return store.ErrNotFound
		}
		return nil
	})
	return url, err
}

func (r *ref) cache(kind, id, url string) {
	r.uses++
	r.urls[slot{kind, id}] = cached{url, time.Now().Add(r.ttls.ForURL()), r.uses}
	if len(r.urls) <= 2*refLimit {
		return
	}
	oldest := slot{kind, id}
	for s, c := range r.urls {
		if c.use < r.urls[oldest].use {
			oldest = s
		}
	}
	delete(r.urls, oldest)
}

// url returns the cached URL, "" if there is none.
func (r *ref) url(kind, id string) string {
	if c := r.urls[slot{kind, id}]; time.Now().Before(c.end) {
		r.uses++
		c.use = r.uses
		r.urls[slot{kind, id}] = c
		return c.url
	}
	return ""
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

// forget leaves nothing of the workspace but a lease.
func (r *ref) forget(id string) {
	delete(r.lives, id)
	delete(r.deaths, id)
	delete(r.recent, id)
	delete(r.bounds, id)
	delete(r.since, id)
	r.forgetURLs(id)
}

func (r *ref) forgetURLs(id string) {
	delete(r.urls, slot{"public", id})
	delete(r.urls, slot{"internal", id})
}

func (r *ref) Clear(ctx context.Context, id string) error {
	if err := driver.Check(ctx, "Clear", id); err != nil {
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
