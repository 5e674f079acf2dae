package boltstore

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store/driver"
)

// memory answers every read. The committer alone changes it, but for heartbeats,
// sweeps and leases.
type memory struct {
	roster   *roster.Roster
	public   urls
	internal urls
}

// urls are the cached URLs of one kind. They are read and changed within a step
// of the roster, so that the life and the URLs of a workspace change together.
type urls struct {
	mu sync.RWMutex
	of map[string]cached
}

type cached struct {
	url      string
	deadline time.Duration
}

// kind returns the URLs that are in a bucket of the file.
func (m *memory) kind(b bucket) *urls {
	if b == public {
		return &m.public
	}
	return &m.internal
}

func (m *memory) cache(b bucket, id string, c cached) {
	m.roster.Update(id, func(time.Duration) { m.kind(b).put(id, c) })
}

// cached returns "" if no URL of that kind is readable.
func (m *memory) cached(b bucket, id string) (url string) {
	m.roster.View(id, func(now time.Duration) { url = m.kind(b).read(id, now) })
	return url
}

// both returns the URLs that are readable at now, within a step of the roster.
func (m *memory) both(id string, now time.Duration) (url, internalURL string) {
	return m.public.read(id, now), m.internal.read(id, now)
}

// peek is both with the time that remains.
func (m *memory) peek(id string, now time.Duration) (url, internalURL driver.CachedURL) {
	return m.public.peek(id, now), m.internal.peek(id, now)
}

// urls returns how the methods in memory look at the URLs.
func (m *memory) urls() roster.URLs {
	ids := func() []string { return append(m.public.ids(), m.internal.ids()...) }
	return roster.URLs{Read: m.both, Peek: m.peek, IDs: ids}
}

// forgetURLs is done within a step of the roster.
func (m *memory) forgetURLs(id string) {
	m.public.remove(id)
	m.internal.remove(id)
}

// forget removes a URL that can be read no more.
func (m *memory) forget(b bucket, id string) {
	m.roster.Update(id, func(time.Duration) { m.kind(b).remove(id) })
}

func (u *urls) put(id string, c cached) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.of[id] = c
}

func (u *urls) read(id string, now time.Duration) string {
	u.mu.RLock()
	defer u.mu.RUnlock()
	if c, ok := u.of[id]; ok && now < c.deadline {
		return c.url
	}
	return ""
}

// first returns when the first of them expires.
func (u *urls) first() time.Duration {
	u.mu.RLock()
	defer u.mu.RUnlock()
	first := time.Duration(math.MaxInt64)
	for _, c := range u.of {
		first = min(first, c.deadline)
	}
	return first
}

func (u *urls) peek(id string, now time.Duration) driver.CachedURL {
	u.mu.RLock()
	defer u.mu.RUnlock()
	if c, ok := u.of[id]; ok && now < c.deadline {
		return driver.CachedURL{URL: c.url, Remaining: c.deadline - now}
	}
	return driver.CachedURL{}
}

func (u *urls) ids() []string {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return slices.Collect(maps.Keys(u.of))
}

func (u *urls) remove(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.of, id)
}
