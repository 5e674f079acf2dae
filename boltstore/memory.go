package boltstore

import (
	"sync"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// memory is what every read is answered from. The committer alone changes it,
// but for the heartbeats that extend a life.
type memory struct {
	roster   *roster.Roster
	public   urls
	internal urls
}

// urls are the cached URLs of one kind. What is said about one workspace is
// read and changed within View, Update and Remove of the roster, so that all
// that is known about it changes in one step.
type urls struct {
	mu sync.RWMutex
	of map[string]cached
}

type cached struct {
	url      string
	deadline time.Duration
}

func (m *memory) cache(u *urls, id string, c cached) {
	m.roster.Update(id, func(time.Duration) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.of[id] = c
	})
}

// cached returns "" if no URL of that kind is readable.
func (m *memory) cached(u *urls, id string) (url string) {
	m.roster.View(id, func(now time.Duration) {
		u.mu.RLock()
		defer u.mu.RUnlock()
		if c, ok := u.of[id]; ok && now < c.deadline {
			url = c.url
		}
	})
	return url
}

func (m *memory) clear(id string) { m.roster.Remove(id, m.noURLs(id)) }

func (m *memory) acknowledge(id string) bool { return m.roster.End(id, m.noURLs(id)) }

func (m *memory) disown(id string) { m.roster.Disown(id, m.noURLs(id)) }

// noURLs returns what else is done when a workspace is forgotten.
func (m *memory) noURLs(id string) func() {
	return func() {
		m.public.remove(id)
		m.internal.remove(id)
	}
}

func (u *urls) remove(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.of, id)
}

// forget removes one URL that is no longer readable.
func (m *memory) forget(u *urls, id string) {
	m.roster.Update(id, func(time.Duration) { u.remove(id) })
}
