package roster

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/internal/roster/lookup"
)

// stripes is enough that callers on many cores seldom meet.
const stripes = 128

// stripe is a part of the lives. Its lock is for callers that do more than to
// look at one life or to extend it.
type stripe struct {
	lives *lookup.Table[Life]
	_     [64]byte // keeps the lock out of the cache line that every heartbeat reads
	sync.RWMutex
	changing atomic.Bool      // locked, but not by RLock
	index    queue[*Life]     // by lower bounds of their deadlines
	grants   map[string]grant // an entry may be out of date
	_        [64]byte
}

// grant is a life by Withdraw, or by SetOnlineFor of a recent workspace. If it
// runs out exactly at its deadline, the workspace was not heard from, and since
// is that of its death.
type grant struct{ deadline, since time.Duration }

func (s *stripe) init() {
	s.lives = lookup.New((*Life).key)
	s.index.placed = func(l *Life, at int) { l.at = int32(at) }
}

// Lock locks the stripe, and says so to callers that otherwise take no lock.
func (s *stripe) Lock() {
	s.RWMutex.Lock()
	s.changing.Store(true)
}

// Unlock undoes Lock.
func (s *stripe) Unlock() {
	s.changing.Store(false)
	s.RWMutex.Unlock()
}

// regrant is Refresh for a workspace whose deadline may become earlier.
func (s *stripe) regrant(r *Roster, id string, hash uint32, ttl time.Duration) bool {
	s.Lock()
	defer s.Unlock()
	l := s.lives.Find(id, hash)
	now := r.Now()
	if l == nil || !l.move(now, now+ttl) {
		return false
	}
	s.bound(l, now+ttl)
	return true
}

func (s *stripe) appendLives(page []*Life) []*Life {
	s.RLock()
	defer s.RUnlock()
	for l := range s.lives.All {
		page = append(page, l)
	}
	return page
}

// reapMany is reap of a bounded number under one lock. More reports whether there
// may be others.
func (s *stripe) reapMany(r *Roster) (dead int, more bool) {
	s.Lock()
	defer s.Unlock()
	now := r.Now()
	dead = s.reap(r, now, many)
	return dead, s.index.first() <= now
}

// reap looks at no more than most lives whose time in the index has come: it
// turns those that are over into deaths and gives the others their true place.
// It returns how many deaths that made.
func (s *stripe) reap(r *Roster, now time.Duration, most int) (dead int) {
	for l, ok := s.index.next(now); ok && most > 0; l, ok = s.index.next(now) {
		most--
		if left := l.Remaining(now); left > 0 {
			s.index.move(int(l.at), now+left)
			if g, ok := s.grants[l.id]; ok && g.deadline != now+left {
				delete(s.grants, l.id)
				r.deaths.heard(l.id, now)
			}
			continue
		}
		s.die(r, l, now, l.Deadline(), false)
		dead++
	}
	return dead
}

// die turns a life that is over into a death. Deadline is the last that was
// granted.
func (s *stripe) die(r *Roster, l *Life, now, deadline time.Duration, expired bool) {
	since := l.Deadline()
	if g, ok := s.grants[l.id]; ok && g.deadline == deadline {
		since = min(since, g.since)
	}
	s.remove(r, l)
	r.deaths.add(l.id, now, Death{Deadline: l.Deadline(), Since: since, Expired: expired})
}

// claim returns the life of id, a new one if there is none, or nil if there is no
// room for one.
func (s *stripe) claim(r *Roster, id string, hash uint32) *Life {
	if l := s.lives.Find(id, hash); l != nil {
		return l
	}
	for {
		held := r.held.Load()
		if held >= int64(r.Limit) {
			return nil
		}
		if r.held.CompareAndSwap(held, held+1) {
			return s.add(r.keep(id), hash)
		}
	}
}

// force is claim whatever the limit.
func (s *stripe) force(r *Roster, id string, hash uint32) *Life {
	if l := s.lives.Find(id, hash); l != nil {
		return l
	}
	r.held.Add(1)
	return s.add(r.keep(id), hash)
}

func (s *stripe) add(id string, hash uint32) *Life {
	l := &Life{id: id, hash: hash}
	s.lives.Put(l)
	s.index.push(never, l)
	return l
}

func (s *stripe) remove(r *Roster, l *Life) {
	s.index.remove(int(l.at))
	s.lives.Remove(l)
	delete(s.grants, l.id)
	r.held.Add(-1)
}

// grant begins a life anew.
func (s *stripe) grant(l *Life, deadline time.Duration) {
	l.deadline.Store(int64(deadline))
	delete(s.grants, l.id)
	s.bound(l, deadline)
}

// note notes a grant.
func (s *stripe) note(l *Life, deadline, since time.Duration) {
	if s.grants == nil {
		s.grants = make(map[string]grant)
	}
	s.grants[l.id] = grant{deadline, since}
}

// bound keeps the index at or below a deadline that was set.
func (s *stripe) bound(l *Life, deadline time.Duration) {
	if deadline < s.index.entries[l.at].when {
		s.index.move(int(l.at), deadline)
	}
}
