package boltstore

import (
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store/driver"
)

// memory answers every read. Heartbeats, sweeps and leases change it at once; everything
// else is changed by the committer, once it is on the disk.
type memory struct {
	roster   *roster.Roster
	public   urlCache
	internal urlCache
}

// kind returns the URLs that are in a bucket of the file.
func (m *memory) kind(b bucket) *urlCache {
	if b == public {
		return &m.public
	}
	return &m.internal
}

// readURLs returns the URLs that are readable at now, within a step of the roster.
func (m *memory) readURLs(id string, now time.Duration) (url, internalURL string) {
	return m.public.read(id, now), m.internal.read(id, now)
}

// peekURLs returns the same URLs with the time that remains to each.
func (m *memory) peekURLs(id string, now time.Duration) (url, internalURL driver.CachedURL) {
	return m.public.peek(id).At(now), m.internal.peek(id).At(now)
}

// idsWithURL returns the workspaces that have a URL; one with URLs of both kinds is there
// twice.
func (m *memory) idsWithURL() []string { return append(m.public.ids(), m.internal.ids()...) }

// removeURLs is called within a step of the roster.
func (m *memory) removeURLs(id string) {
	m.public.remove(id)
	m.internal.remove(id)
}
