package mapstore

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Options are those of a store. The zero value means the defaults.
type Options struct {
	TTLs store.TTLs

	// KeepDeaths is for how long a death that is not handed out is kept. 0
	// means store.DefaultKeepDeaths.
	KeepDeaths time.Duration
}

// Store is a liveness store in the memory of this process.
type Store struct {
	ttls store.TTLs
	keep time.Duration

	mu         sync.Mutex // guards all below
	closed     bool
	workspaces map[string]*workspace
	token      int64     // of the last lease
	tick       time.Time // of the last sweep
	graceEnd   time.Time
	note       string
	returned   int64
	dropped    int64
}

var _ store.LivenessStore = (*Store)(nil)

// New returns an empty store.
func New(o Options) (*Store, error) {
	if err := o.TTLs.Validate(); err != nil {
		return nil, &store.Error{Op: "New", Err: err}
	}
	keep, err := driver.KeepDeaths(o.KeepDeaths)
	if err != nil {
		return nil, &store.Error{Op: "New", Err: err}
	}
	return &Store{ttls: o.TTLs, keep: keep, workspaces: map[string]*workspace{}}, nil
}

// step makes a method one atomic step at one moment.
func step[T any](s *Store, op, id string, do func(now time.Time) (T, error)) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		var none T
		return none, &store.Error{Op: op, ID: id, Err: store.ErrClosed}
	}
	answer, err := do(time.Now())
	if err != nil {
		err = &store.Error{Op: op, ID: id, Err: err}
	}
	return answer, err
}

// write is step for what always succeeds and has no answer.
func (s *Store) write(op, id string, do func(now time.Time)) error {
	_, err := step(s, op, id, func(now time.Time) (any, error) {
		do(now)
		return nil, nil
	})
	return err
}

// find returns a workspace to look at, or one that is empty if there is none.
func (s *Store) find(id string) *workspace {
	if w := s.workspaces[id]; w != nil {
		return w
	}
	return &workspace{}
}

// need returns a workspace to write to.
func (s *Store) need(id string) *workspace {
	w := s.workspaces[id]
	if w == nil {
		id = strings.Clone(id)
		w = &workspace{id: id}
		s.workspaces[id] = w
	}
	return w
}

// SetOnline implements store.LivenessStore.
func (s *Store) SetOnline(ctx context.Context, id string) error {
	ttl, err := driver.CheckTTL(ctx, "SetOnline", id, s.ttls)
	if err != nil {
		return err
	}
	return s.write("SetOnline", id, func(now time.Time) { s.setOnline(s.need(id), now, ttl) })
}

func (s *Store) setOnline(w *workspace, now time.Time, ttl time.Duration) {
	w.live(now.Add(ttl))
	s.comeBack(w, now)
}

// comeBack counts the workspace if it is recent, which it is no more.
func (s *Store) comeBack(w *workspace, now time.Time) {
	if w.isRecent(now) {
		s.returned++
	}
	w.recent = time.Time{}
}

// RefreshTTL implements store.LivenessStore.
func (s *Store) RefreshTTL(ctx context.Context, id string) error {
	ttl, err := driver.CheckTTL(ctx, "RefreshTTL", id, s.ttls)
	if err != nil {
		return err
	}
	return s.refresh("RefreshTTL", id, ttl)
}

func (s *Store) refresh(op, id string, ttl time.Duration) error {
	_, err := step(s, op, id, func(now time.Time) (any, error) {
		if !s.find(id).refresh(now, ttl) {
			return nil, store.ErrNotFound
		}
		return nil, nil
	})
	return err
}

// IsOnline implements store.LivenessStore.
func (s *Store) IsOnline(ctx context.Context, id string) (bool, error) {
	if err := driver.Check(ctx, "IsOnline", id); err != nil {
		return false, err
	}
	return step(s, "IsOnline", id, func(now time.Time) (bool, error) { return s.find(id).online(now), nil })
}

// CacheURL implements store.LivenessStore.
func (s *Store) CacheURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheURL", id, url, publicURL)
}

// CacheInternalURL implements store.LivenessStore.
func (s *Store) CacheInternalURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheInternalURL", id, url, internalURL)
}

func (s *Store) cache(ctx context.Context, op, id, url string, which int) error {
	if err := driver.CheckCacheURL(ctx, op, id, url); err != nil {
		return err
	}
	return s.write(op, id, func(now time.Time) { s.need(id).cache(which, url, now.Add(s.ttls.ForURL())) })
}

// GetCachedURL implements store.LivenessStore.
func (s *Store) GetCachedURL(ctx context.Context, id string) (string, error) {
	return s.cached(ctx, "GetCachedURL", id, publicURL)
}

// GetCachedInternalURL implements store.LivenessStore.
func (s *Store) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return s.cached(ctx, "GetCachedInternalURL", id, internalURL)
}

func (s *Store) cached(ctx context.Context, op, id string, which int) (string, error) {
	if err := driver.Check(ctx, op, id); err != nil {
		return "", err
	}
	return step(s, op, id, func(now time.Time) (string, error) {
		url := s.find(id).cached(which, now)
		if url == "" {
			return "", store.ErrNotFound
		}
		return url, nil
	})
}

// Clear implements store.LivenessStore.
func (s *Store) Clear(ctx context.Context, id string) error {
	if err := driver.Check(ctx, "Clear", id); err != nil {
		return err
	}
	return s.write("Clear", id, func(now time.Time) { s.clear(id, now) })
}

// clear forgets all but a lease, which goes on.
func (s *Store) clear(id string, now time.Time) {
	w := s.find(id)
	w.clear()
	if w.empty(now) {
		delete(s.workspaces, id)
	}
}

// Close implements store.LivenessStore.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.workspaces = true, nil
	return nil
}
