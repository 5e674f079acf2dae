package memstore

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/molecule-ai/liveness/internal/roster"
)

// urlCache is the cached URLs of one kind. A full cache evicts the least recently used.
//
// It has one mutex for readers too: a reader moves the URL to the front. Readers without
// a lock would have to leave notes of their use to the next writer, and that is faster
// only while nothing is written.
type urlCache struct {
	mu   sync.Mutex
	byID *simplelru.LRU[string, roster.CachedURL]
}

func newURLCache(size int) *urlCache {
	byID, err := simplelru.NewLRU[string, roster.CachedURL](size, nil)
	if err != nil {
		panic(fmt.Sprintf("memstore: a cache of %d URLs: %v", size, err)) // size is positive
	}
	return &urlCache{byID: byID}
}

// add caches a URL in place of the one that the workspace had, unless it is "".
func (u *urlCache) add(id, url string, until time.Duration) {
	if url == "" {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.byID.Add(strings.Clone(id), roster.CachedURL{URL: strings.Clone(url), Until: until})
}

// read returns the URL of a workspace, or "", and makes it the most recently used.
func (u *urlCache) read(id string, now time.Duration) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	c, ok := u.byID.Get(id)
	if ok && now >= c.Until {
		u.byID.Remove(id)
		return ""
	}
	return c.URL
}

// peek returns the URL of a workspace and leaves the order of use as it is.
func (u *urlCache) peek(id string) roster.CachedURL {
	u.mu.Lock()
	defer u.mu.Unlock()
	c, _ := u.byID.Peek(id)
	return c
}

// ids returns the workspaces that have a URL.
func (u *urlCache) ids() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.byID.Keys()
}

// remove forgets the URL of a workspace.
func (u *urlCache) remove(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.byID.Remove(id)
}
