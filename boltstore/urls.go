package boltstore

import (
	"context"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// CacheURL implements [store.LivenessStore]. It returns when the URL is on the
// disk.
func (s *Store) CacheURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheURL", public, id, url)
}

// GetCachedURL implements [store.LivenessStore].
func (s *Store) GetCachedURL(ctx context.Context, id string) (string, error) {
	return s.getCached(ctx, "GetCachedURL", public, id)
}

// CacheInternalURL implements [store.LivenessStore]. It returns when the URL
// is on the disk.
func (s *Store) CacheInternalURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheInternalURL", internal, id, url)
}

// GetCachedInternalURL implements [store.LivenessStore].
func (s *Store) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return s.getCached(ctx, "GetCachedInternalURL", internal, id)
}

func (s *Store) cache(ctx context.Context, op string, kind bucket, id, url string) error {
	if err := driver.CheckCacheURL(ctx, op, id, url); err != nil {
		return err
	}
	return s.do(ctx, op, &cacheURL{target: targetOf(id), kind: kind, ttl: s.ttls.ForURL(), url: strings.Clone(url)})
}

func (s *Store) getCached(ctx context.Context, op string, kind bucket, id string) (string, error) {
	if err := s.gate.Check(ctx, op, id); err != nil {
		return "", err
	}
	var url string
	s.memory.roster.View(id, func(now time.Duration) { url = s.memory.kind(kind).read(id, now) })
	if url == "" {
		return "", &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return url, nil
}
