package memstore

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/molecule-ai/liveness/internal/roster/lookup"
)

// mostNotes is how many notes are worked off within about 30 ms.
const mostNotes = 100_000

// urlCache is the cached URLs of one kind, of which the least recently used is
// evicted. Who reads one takes no lock: he leaves the order of use as it is and
// notes when he read it. The notes are worked off before a URL is added, which
// is when the order matters, and when there are too many.
type urlCache struct {
	seed  maphash.Seed
	byID  *lookup.Table[cached]  // what is in order
	noted atomic.Pointer[cached] // the last one that was
	notes atomic.Int64           // how many are
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
	c := &cached{id: id, hash: u.hash(id), url: url, deadline: deadline}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.settle()
	if old, ok := u.order.Peek(id); ok {
		u.byID.Replace(old, c)
	} else {
		u.byID.Put(c)
	}
	u.order.Add(id, c)
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
		u.settle()
		u.mu.Unlock()
	}
}

// settle works off the notes.
func (u *urlCache) settle() {
	type use struct {
		when int64
		id   string
	}
	var uses []use
	u.notes.Store(0)
	for c := u.noted.Swap(nil); c != nil; {
		next := c.next
		c.next = nil // or what has gone would be kept
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
