package redisstore

import (
	"context"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store/driver"
)

// CacheURL implements [store.LivenessStore].
func (s *Store) CacheURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheURL", s.keys.url, id, url)
}

// GetCachedURL implements [store.LivenessStore].
func (s *Store) GetCachedURL(ctx context.Context, id string) (string, error) {
	return s.getCached(ctx, "GetCachedURL", s.keys.url, id)
}

// CacheInternalURL implements [store.LivenessStore].
func (s *Store) CacheInternalURL(ctx context.Context, id, url string) error {
	return s.cache(ctx, "CacheInternalURL", s.keys.internalURL, id, url)
}

// GetCachedInternalURL implements [store.LivenessStore].
func (s *Store) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return s.getCached(ctx, "GetCachedInternalURL", s.keys.internalURL, id)
}

func (s *Store) cache(ctx context.Context, op string, key func(id string) string, id, url string) error {
	if err := driver.CheckCacheURL(ctx, op, id, url); err != nil {
		return err
	}
	return s.send(ctx, op, id, pipeline.To(key(id), "set", key(id), url, "px", milliseconds(s.traits.TTLs.ForURL())))
}

func (s *Store) getCached(ctx context.Context, op string, key func(id string) string, id string) (string, error) {
	if err := driver.Check(ctx, op, id); err != nil {
		return "", err
	}
	cmd, err := s.do(ctx, op, id, pipeline.To(key(id), "get", key(id)))
	if err != nil {
		return "", err
	}
	url, err := cmd.Text()
	return url, s.translate(ctx, op, id, err)
}
