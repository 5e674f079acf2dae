package memstore

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/molecule-ai/liveness/store"
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

func (s *Store) cache(ctx context.Context, op string, urls *lru.Cache[string, cached], id, url string) error {
	if err := store.CheckCache(ctx, op, id, url); err != nil {
		return err
	}
	if err := s.open(op, id); err != nil {
		return err
	}
	s.roster.Update(id, func(now time.Duration) {
		urls.Add(id, cached{url, now + s.ttls.ForURL()})
	})
	return nil
}

func (s *Store) getCached(ctx context.Context, op string, urls *lru.Cache[string, cached], id string) (string, error) {
	if err := s.check(ctx, op, id); err != nil {
		return "", err
	}
	var url string
	s.roster.View(id, func(now time.Duration) {
		if c, ok := urls.Get(id); ok && now < c.deadline {
			url = c.url
		} else {
			urls.Remove(id)
		}
	})
	if url == "" {
		return "", &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	}
	return url, nil
}

func (s *Store) forgetURLs(id string) {
	s.public.Remove(id)
	s.internal.Remove(id)
}
