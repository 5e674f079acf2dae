package memstore

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/molecule-ai/liveness/internal/roster/lookup"
	"github.com/molecule-ai/liveness/store/driver"
)

// mostNotes is how many notes are worked off in a few milliseconds, while a call
// waits.
const mostNotes = 10_000

// urlCache is the cached URLs of one kind; the least recently used is evicted. A
// reader takes no lock: it leaves the order of use as it is and notes the time of
// the reading. The order is brought to now before a URL is added, which is when it
// matters, and when there are too many notes.
type urlCache struct {
	seed  maphash.Seed
	byID  *lookup.Table[cached]  // the same items as order
	noted atomic.Pointer[cached] // the last reading; the others are behind next
	notes atomic.Int64           // how many there are
	mu    sync.Mutex
	order *simplelru.LRU[string, *cached]
}

type cached struct {
	id       string
	hash     uint32
	url      string
	deadline time.Duration
	used     atomic.Int64 // 1 more than when it was last read; 0: it is not noted
	next     *cached      // was noted before
}

func (c *cached) key() (id string, hash uint32) { return c.id, c.hash }

func newURLCache(size int) *urlCache {
	u := &urlCache{seed: maphash.MakeSeed(), byID: lookup.New((*cached).key)}
	order, err := simplelru.NewLRU(size, func(_ string, c *cached) { u.byID.Remove(c) })
	if err != nil {
		panic(fmt.Sprintf("memstore: a cache of %d URLs: %v", size, err)) // size is positive
	}
	u.order = order
	return u
}

// add puts a URL in place of the one that the workspace had.
func (u *urlCache) add(id, url string, deadline time.Duration) {
	id = strings.Clone(id)
	c := &cached{id: id, hash: u.hash(id), url: strings.Clone(url), deadline: deadline}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.advance()
	if old, ok := u.order.Peek(id); ok {
		u.byID.Replace(old, c)
	} else {
		u.byID.Put(c)
	}
	u.order.Add(id, c)
}

// addIfAny adds a URL that is not "".
func (u *urlCache) addIfAny(id, url string, deadline time.Duration) {
	if url != "" {
		u.add(id, url, deadline)
	}
}

// addIfLater adds a URL that is not "", unless the one that is there is readable
// for as long.
func (u *urlCache) addIfLater(id, url string, deadline time.Duration) {
	if c := u.byID.Find(id, u.hash(id)); c == nil || c.deadline < deadline {
		u.addIfAny(id, url, deadline)
	}
}

// peek returns the URL of a workspace and the time that remains to it.
func (u *urlCache) peek(id string, now time.Duration) driver.CachedURL {
	if c := u.byID.Find(id, u.hash(id)); c != nil && now < c.deadline {
		return driver.CachedURL{URL: c.url, Remaining: c.deadline - now}
	}
	return driver.CachedURL{}
}

// ids returns the workspaces that have a URL.
func (u *urlCache) ids() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.order.Keys()
}

// read returns the URL of a workspace, or "".
func (u *urlCache) read(id string, now time.Duration) string {
	c := u.byID.Find(id, u.hash(id))
	if c == nil {
		return ""
	}
	if now >= c.deadline {
		u.drop(c)
		return ""
	}
	if c.used.Swap(int64(now)+1) == 0 {
		u.note(c)
	}
	return c.url
}

func (u *urlCache) note(c *cached) {
	for c.next = u.noted.Load(); !u.noted.CompareAndSwap(c.next, c); c.next = u.noted.Load() {
	}
	if u.notes.Add(1) > mostNotes && u.mu.TryLock() {
		u.advance()
		u.mu.Unlock()
	}
}

// advance works off the notes.
func (u *urlCache) advance() {
	type use struct {
		when int64
		id   string
	}
	var uses []use
	u.notes.Store(0)
	for c := u.noted.Swap(nil); c != nil; {
		next := c.next
		c.next = nil // or an evicted item would stay in memory
		uses = append(uses, use{c.used.Swap(0), c.id})
		c = next
	}
	slices.Reverse(uses)
	slices.SortStableFunc(uses, func(a, b use) int { return cmp.Compare(a.when, b.when) })
	for _, use := range uses {
		u.order.Get(use.id)
	}
}

// remove forgets the URL of a workspace.
func (u *urlCache) remove(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.order.Remove(id)
}

// drop forgets a URL that is over, but not one that has taken its place.
func (u *urlCache) drop(c *cached) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if there, _ := u.order.Peek(c.id); there == c {
		u.order.Remove(c.id)
	}
}

func (u *urlCache) hash(id string) uint32 { return uint32(maphash.String(u.seed, id)) }
