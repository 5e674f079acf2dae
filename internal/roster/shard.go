package roster

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/internal/roster/lookup"
)

// shards is enough that callers on many cores seldom meet.
const shards = 128

// shard is a part of the lives. Its lock is for those who do more than to look
// at one life or to extend it.
type shard struct {
	lives *lookup.Table[Life]
	_     [64]byte // keeps what is locked out of the cache line that every heartbeat reads
	sync.RWMutex
	changing atomic.Bool  // locked, but not by RLock
	due      queue[*Life] // by lower bounds of their deadlines
	_        [64]byte
}

func (s *shard) init() {
	s.lives = lookup.New((*Life).key)
	s.due.placed = func(l *Life, at int) { l.at = int32(at) }
}

// Lock locks the shard, and says so to those who otherwise take no lock.
func (s *shard) Lock() {
	s.RWMutex.Lock()
	s.changing.Store(true)
}

// Unlock undoes Lock.
func (s *shard) Unlock() {
	s.changing.Store(false)
	s.RWMutex.Unlock()
}

// regrant is Extend for a workspace whose deadline may become earlier.
func (s *shard) regrant(r *Roster, id string, hash uint32, ttl time.Duration) bool {
	s.Lock()
	defer s.Unlock()
	l := s.lives.Find(id, hash)
	now := r.Now()
	if l == nil || !l.move(now, now+ttl) {
		return false
	}
	s.granted(r, l, now+ttl, ttl)
	return true
}

func (s *shard) appendLives(page []*Life) []*Life {
	s.RLock()
	defer s.RUnlock()
	for l := range s.lives.All {
		page = append(page, l)
	}
	return page
}

// bury looks at no more than most lives whose time in the index has come: it
// turns those that are over into deaths and gives the others their true place.
// It reports whether there were any of the dead.
func (s *shard) bury(r *Roster, now time.Duration, most int) (any bool) {
	for l, ok := s.due.next(now); ok && most > 0; l, ok = s.due.next(now) {
		most--
		if left := l.Remaining(now); left > 0 {
			s.due.move(int(l.at), now+left)
			continue
		}
		s.forget(r, l)
		r.die(l.id, l.Deadline())
		any = true
	}
	return any
}

// claim returns the life of id, a new one if there is none. Full means that
// there is none and no room for one.
func (s *shard) claim(r *Roster, id string, hash uint32) (l *Life, full bool) {
	if l := s.lives.Find(id, hash); l != nil {
		return l, false
	}
	for {
		held := r.held.Load()
		if held >= int64(r.Limit) {
			return nil, true
		}
		if r.held.CompareAndSwap(held, held+1) {
			return s.add(id, hash), false
		}
	}
}

func (s *shard) add(id string, hash uint32) *Life {
	l := &Life{id: id, hash: hash}
	s.lives.Put(l)
	s.due.push(never, l)
	return l
}

func (s *shard) forget(r *Roster, l *Life) {
	s.due.remove(int(l.at))
	s.lives.Remove(l)
	r.held.Add(-1)
}

func (s *shard) grant(r *Roster, l *Life, deadline, ttl time.Duration) {
	l.deadline.Store(int64(deadline))
	s.granted(r, l, deadline, ttl)
}

// granted keeps the index at or below a deadline that was set.
func (s *shard) granted(r *Roster, l *Life, deadline, ttl time.Duration) {
	r.ttl.add(ttl)
	if deadline < s.due.entries[l.at].when {
		s.due.move(int(l.at), deadline)
	}
}
