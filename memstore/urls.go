package memstore

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// CacheURL implements [store.LivenessStore].
func (s *Store) CacheURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheURL", s.public, id, url)
}

// GetCachedURL implements [store.LivenessStore].
func (s *Store) GetCachedURL(ctx context.Context, id string) (string, error) {
	return s.getCached(ctx, "GetCachedURL", s.public, id)
}

// CacheInternalURL implements [store.LivenessStore].
func (s *Store) CacheInternalURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheInternalURL", s.internal, id, url)
}

// GetCachedInternalURL implements [store.LivenessStore].
func (s *Store) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return s.getCached(ctx, "GetCachedInternalURL", s.internal, id)
}

func (s *Store) cache(ctx context.Context, op string, u *urlCache, id, url string) error {
	if err := driver.CheckCacheURL(ctx, op, id, url); err != nil {
		return err
	}
	if err := s.gate.Open(op, id); err != nil {
		return err
	}
	s.roster.Update(id, func(now time.Duration) { u.add(id, url, now+s.ttls.ForURL()) })
	return nil
}

func (s *Store) getCached(ctx context.Context, op string, u *urlCache, id string) (string, error) {
	if err := s.gate.Check(ctx, op, id); err != nil {
		return "", err
	}
	var url string
	s.roster.View(id, func(now time.Duration) { url = u.read(id, now) })
	if url == "" {
		return "", &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return url, nil
}

// readURLs returns the URLs of a workspace, "" for one that is not cached.
func (s *Store) readURLs(id string, now time.Duration) (url, internalURL string) {
	return s.public.read(id, now), s.internal.read(id, now)
}

// peekURLs returns the same URLs with the time that remains to each. It does not count
// as a use.
func (s *Store) peekURLs(id string, now time.Duration) (url, internalURL driver.CachedURL) {
	return s.public.peek(id).At(now), s.internal.peek(id).At(now)
}

// idsWithURL returns the workspaces that have a URL; one with URLs of both kinds is there
// twice.
func (s *Store) idsWithURL() []string { return append(s.public.ids(), s.internal.ids()...) }

func (s *Store) removeURLs(id string) {
	s.public.remove(id)
	s.internal.remove(id)
}
