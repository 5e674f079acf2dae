package boltstore

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// urlCache is the cached URLs of one kind, as they are in the file. They are read and
// changed within a step of the roster, so that the life and the URLs of a workspace
// change together.
type urlCache struct {
	mu   sync.RWMutex
	byID map[string]roster.CachedURL
}

// put caches a URL, unless it is "".
func (u *urlCache) put(id string, url roster.CachedURL) {
	if url.URL == "" {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.byID[id] = url
}

func (u *urlCache) read(id string, now time.Duration) string { return u.peek(id).At(now).URL }

func (u *urlCache) peek(id string) roster.CachedURL {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.byID[id]
}

func (u *urlCache) ids() []string {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return slices.Collect(maps.Keys(u.byID))
}

func (u *urlCache) remove(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.byID, id)
}

// firstDeadline returns when the first URL expires.
func (u *urlCache) firstDeadline() time.Duration {
	u.mu.RLock()
	defer u.mu.RUnlock()
	first := time.Duration(math.MaxInt64)
	for _, url := range u.byID {
		first = min(first, url.Until)
	}
	return first
}
