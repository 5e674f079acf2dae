package peers

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/maypok86/otter/v2"
)

// errOffline is what a peer answers about a workspace that it does not know.
var errOffline = errors.New("offline")

// guarded is what anyone writes: a map and a lock.
type guarded struct {
	mu   sync.RWMutex
	live map[string]time.Time // until when
	urls map[string]cachedURL
}

type cachedURL struct {
	url   string
	until time.Time
}

func newGuarded(ids []string) *guarded {
	g := &guarded{live: make(map[string]time.Time), urls: make(map[string]cachedURL)}
	until := time.Now().Add(lifetime)
	for _, id := range ids {
		g.live[id] = until
		g.urls[id] = cachedURL{address(id), until}
	}
	return g
}

func (g *guarded) refresh(_ context.Context, id string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if until, ok := g.live[id]; !ok || !now.Before(until) {
		return errOffline
	}
	g.live[id] = now.Add(lifetime)
	return nil
}

func (g *guarded) isOnline(_ context.Context, id string) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if until, ok := g.live[id]; !ok || !time.Now().Before(until) {
		return errOffline
	}
	return nil
}

func (g *guarded) getURL(_ context.Context, id string) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if c, ok := g.urls[id]; !ok || !time.Now().Before(c.until) {
		return errOffline
	}
	return nil
}

// ottered is an otter cache without a bound, so that it evicts nothing.
type ottered[V any] struct {
	cache *otter.Cache[string, V]
}

// otterByWrite returns a cache in which a heartbeat writes.
func otterByWrite[V any](ids []string, value func(id string) V) ottered[V] {
	return newOtter(ids, value, otter.ExpiryWriting[string, V](lifetime))
}

// otterByAccess returns a cache in which a heartbeat reads.
func otterByAccess[V any](ids []string, value func(id string) V) ottered[V] {
	return newOtter(ids, value, otter.ExpiryAccessing[string, V](lifetime))
}

func newOtter[V any](ids []string, value func(id string) V, expiry otter.ExpiryCalculator[string, V]) ottered[V] {
	o := ottered[V]{otter.Must(&otter.Options[string, V]{ExpiryCalculator: expiry})}
	for _, id := range ids {
		o.cache.Set(id, value(id))
	}
	return o
}

// online is the value of a cache that only has to know the id.
func online(string) (none struct{}) { return none }

func (o ottered[V]) get(_ context.Context, id string) error {
	if _, ok := o.cache.GetIfPresent(id); !ok {
		return errOffline
	}
	return nil
}

// peek does not prolong what expires by access.
func (o ottered[V]) peek(_ context.Context, id string) error {
	if _, ok := o.cache.GetEntryQuietly(id); !ok {
		return errOffline
	}
	return nil
}

// refresh prolongs what expires by write.
func (o ottered[V]) refresh(_ context.Context, id string) error {
	value, ok := o.cache.GetIfPresent(id)
	if !ok {
		return errOffline
	}
	o.cache.Set(id, value)
	return nil
}

// lru is golang-lru's expirable cache without a bound.
type lru struct {
	cache *expirable.LRU[string, struct{}]
}

func newLRU(ids []string) lru {
	l := lru{expirable.NewLRU[string, struct{}](0, nil, lifetime)}
	for _, id := range ids {
		l.cache.Add(id, struct{}{})
	}
	return l
}

func (l lru) refresh(_ context.Context, id string) error {
	if _, ok := l.cache.Peek(id); !ok {
		return errOffline
	}
	l.cache.Add(id, struct{}{})
	return nil
}
