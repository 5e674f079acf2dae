package roster

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/internal/roster/lookup"
)

// stripeCount is enough that callers on many cores seldom meet.
const stripeCount = 128

// stripe is a part of the lives. Its lock is for callers that do more than look at
// one life or extend it.
type stripe struct {
	lives *lookup.Table[Life]
	_     [64]byte // keeps the lock out of the cache line that every heartbeat reads
	sync.RWMutex
	changing atomic.Bool        // locked, but not by RLock
	index    queue[*Life]       // by lower bounds of their deadlines
	unheard  map[string]unheard // by id; one whose deadline has moved is over
	_        [64]byte
}

// unheard is a life that began without a heartbeat: by Withdraw, or by SetOnlineFor
// or Restore of a recent workspace. As long as the deadline stands, the workspace was not
// heard from, and since is that of its next death.
type unheard struct{ deadline, since time.Duration }

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

// regrant is Refresh where the deadline becomes earlier.
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

// reapMany is reap under one lock. More reports whether there may be others.
func (s *stripe) reapMany(r *Roster) (dead int, more bool) {
	s.Lock()
	defer s.Unlock()
	now := r.Now()
	dead = s.reap(r, now, perLock)
	return dead, s.index.earliest() <= now
}

// reap looks at up to n lives whose time in the index has come: it
// turns those that are over into deaths and gives the others their true place.
// It returns how many deaths that made.
func (s *stripe) reap(r *Roster, now time.Duration, n int) (dead int) {
	for l, ok := s.index.due(now); ok && n > 0; l, ok = s.index.due(now) {
		n--
		if left := l.Remaining(now); left > 0 {
			s.index.move(int(l.at), now+left)
			if u, ok := s.unheard[l.id]; ok && u.deadline != now+left {
				delete(s.unheard, l.id)
				r.deaths.heard(l.id, now)
			}
			continue
		}
		s.die(r, l, now, l.Deadline(), false)
		dead++
	}
	return dead
}

// die turns a life that is over into a death. Granted is its last deadline by a
// heartbeat or a grant, which is later than the end of a life by Expire.
func (s *stripe) die(r *Roster, l *Life, now, granted time.Duration, expired bool) {
	since := s.since(l, granted)
	s.remove(r, l)
	r.deaths.add(l.id, now, Death{Deadline: l.Deadline(), Since: since, Expired: expired})
}

// since returns Since of the death in which the life ends, or ended, unless it is
// heard from. Granted is its last deadline.
func (s *stripe) since(l *Life, granted time.Duration) time.Duration {
	if u, ok := s.unheard[l.id]; ok && u.deadline == granted {
		return min(l.Deadline(), u.since)
	}
	return l.Deadline()
}

// findOrAdd returns the life of id, a new one if there is none, or nil if there are
// as many as the limit already.
func (s *stripe) findOrAdd(r *Roster, id string, hash uint32, limit int) *Life {
	if l := s.lives.Find(id, hash); l != nil {
		return l
	}
	for {
		n := r.lifeCount.Load()
		if n >= int64(limit) {
			return nil
		}
		if r.lifeCount.CompareAndSwap(n, n+1) {
			return s.add(r.keep(id), hash)
		}
	}
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
	delete(s.unheard, l.id)
	r.lifeCount.Add(-1)
}

// renew begins a life anew, by a heartbeat or a grant.
func (s *stripe) renew(l *Life, deadline time.Duration) {
	l.deadline.Store(int64(deadline))
	delete(s.unheard, l.id)
	s.bound(l, deadline)
}

// setUnheard tells that a life with that deadline began without a heartbeat.
func (s *stripe) setUnheard(l *Life, deadline, since time.Duration) {
	if s.unheard == nil {
		s.unheard = make(map[string]unheard)
	}
	s.unheard[l.id] = unheard{deadline, since}
}

// bound keeps the index at or below a deadline that was set.
func (s *stripe) bound(l *Life, deadline time.Duration) {
	if deadline < s.index.entries[l.at].when {
		s.index.move(int(l.at), deadline)
	}
}
