package boltstore

import (
	"context"

	"github.com/molecule-ai/liveness/store"
)

// CacheURL implements [store.LivenessStore]. It returns when the URL is on the
// disk.
func (s *Store) CacheURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheURL", cacheURL, id, url)
}

// GetCachedURL implements [store.LivenessStore].
func (s *Store) GetCachedURL(ctx context.Context, id string) (string, error) {
	return s.getCached(ctx, "GetCachedURL", &s.memory.public, id)
}

// CacheInternalURL implements [store.LivenessStore]. It returns when the URL
// is on the disk.
func (s *Store) CacheInternalURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheInternalURL", cacheInternalURL, id, url)
}

// GetCachedInternalURL implements [store.LivenessStore].
func (s *Store) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return s.getCached(ctx, "GetCachedInternalURL", &s.memory.internal, id)
}

func (s *Store) cache(ctx context.Context, op string, k kind, id, url string) error {
	if err := store.CheckCache(ctx, op, id, url); err != nil {
		return err
	}
	c := newChange(k, id)
	c.ttl, c.url = s.ttls.ForURL(), url
	return s.do(ctx, op, c)
}

func (s *Store) getCached(ctx context.Context, op string, u *urls, id string) (string, error) {
	if err := s.check(ctx, op, id); err != nil {
		return "", err
	}
	url := s.memory.cached(u, id)
	if url == "" {
		return "", &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return url, nil
}
