// Package roster keeps in memory who is online and until when. It is what
// memstore is made of, and what boltstore reads while its file only follows.
//
// A heartbeat takes a read lock, one map look-up, one clock reading and one
// atomic store. Each shard also keeps an index of deadlines, which a heartbeat
// does not touch: an entry there is a lower bound that is corrected when its
// time has come, so that each living workspace is looked at about once per TTL.
package roster

import (
	"hash/maphash"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// shards is enough that callers on many cores seldom meet.
const shards = 128

// Config is what a roster is made of.
type Config struct {
	Now        func() time.Duration // never steps back
	Base       time.Time            // the time of day when Now was 0
	TTLs       store.TTLs
	Limit      int           // so many workspaces may be online at once
	KeepDeaths time.Duration // for so long a death that nobody claims is kept
}

// Roster is a set of lives, and the deaths that they ended in. Create it with
// New.
type Roster struct {
	Config
	held   atomic.Int64 // lives in all shards, dead ones that were not buried yet included
	seed   maphash.Seed
	shard  [shards]shard
	deaths *deaths
	watch  watch
	ttl    maximum // longest TTL granted
}

type shard struct {
	sync.RWMutex
	lives table[*Life]
	due   queue[*Life] // by lower bounds of their deadlines
	_     [64]byte     // keeps the locks of two shards out of one cache line
}

// New returns an empty roster.
func New(c Config) *Roster {
	r := &Roster{Config: c, seed: maphash.MakeSeed(), deaths: newDeaths(c.KeepDeaths)}
	for i := range r.shard {
		r.shard[i].lives = newTable[*Life](0)
		r.shard[i].due.placed = func(l *Life, at int) { l.at = at }
	}
	return r
}

func (r *Roster) of(id string) *shard {
	return &r.shard[maphash.String(r.seed, id)%shards]
}

// Set makes the workspace online for ttl from now. It returns nil if the
// workspace is not online and the roster is full.
func (r *Roster) Set(id string, ttl time.Duration) *Life {
	s := r.of(id)
	for {
		s.Lock()
		now := r.Now()
		s.bury(r, now, 2)
		l, full := s.claim(r, id)
		if !full {
			s.grant(r, l, now+ttl, ttl)
			r.deaths.forget(id, now)
			s.Unlock()
			return l
		}
		s.Unlock()
		if !r.Bury() {
			return nil
		}
	}
}

// Restore makes the workspace online until deadline, whatever the limit; if that
// has passed, it died then. The TTL is the one that its next heartbeat grants.
func (r *Roster) Restore(id string, deadline, ttl time.Duration) *Life {
	s := r.of(id)
	s.Lock()
	defer s.Unlock()
	l := s.lives.byID[id]
	if l == nil {
		r.held.Add(1)
		l = s.add(id)
	}
	s.grant(r, l, deadline, 0) // the next heartbeat may move it either way
	r.ttl.add(ttl)
	return l
}

// Extend makes the workspace stay online for ttl from now and reports whether
// it was online. If it was not, nothing changes.
func (r *Roster) Extend(id string, ttl time.Duration) bool {
	s := r.of(id)
	s.RLock()
	l := s.lives.byID[id]
	if l == nil {
		s.RUnlock()
		return false
	}
	if l.ttl == ttl {
		ok := l.extend(r.Now(), ttl)
		s.RUnlock()
		return ok
	}
	s.RUnlock()
	return s.regrant(r, id, ttl)
}

// regrant is Extend for a workspace whose TTL changes.
func (s *shard) regrant(r *Roster, id string, ttl time.Duration) bool {
	s.Lock()
	defer s.Unlock()
	now := r.Now()
	l := s.lives.byID[id]
	if l == nil || l.Remaining(now) == 0 {
		return false
	}
	s.grant(r, l, now+ttl, ttl)
	return true
}

// Remaining returns for how long the workspace is online if nothing is heard
// from it; 0 means that it is offline.
func (r *Roster) Remaining(id string) time.Duration {
	s := r.of(id)
	s.RLock()
	defer s.RUnlock()
	l := s.lives.byID[id]
	if l == nil {
		return 0
	}
	return l.Remaining(r.Now())
}

// View calls read while nothing of the workspace changes but by Extend.
func (r *Roster) View(id string, read func(now time.Duration)) {
	s := r.of(id)
	s.RLock()
	defer s.RUnlock()
	read(r.Now())
}

// Update calls write while nobody else looks at the workspace.
func (r *Roster) Update(id string, write func(now time.Duration)) {
	s := r.of(id)
	s.Lock()
	defer s.Unlock()
	write(r.Now())
}

// Remove forgets the workspace and calls also, in one step: nobody sees the
// one without the other.
func (r *Roster) Remove(id string, also func()) {
	s := r.of(id)
	s.Lock()
	defer s.Unlock()
	if l := s.lives.byID[id]; l != nil {
		l.deadline.Store(0)
		s.forget(r, l)
	}
	r.deaths.forget(id, r.Now())
	also()
}

// All yields each workspace that is online throughout exactly once, with the
// time that remains to it. It holds no lock while the body of the loop runs.
func (r *Roster) All() iter.Seq2[string, time.Duration] {
	return func(yield func(string, time.Duration) bool) {
		var page []*Life
		for i := range r.shard {
			page = r.shard[i].appendLives(page[:0])
			for _, l := range page {
				if left := l.Remaining(r.Now()); left > 0 && !yield(l.id, left) {
					return
				}
			}
		}
	}
}

func (s *shard) appendLives(page []*Life) []*Life {
	s.RLock()
	defer s.RUnlock()
	for _, l := range s.lives.byID {
		page = append(page, l)
	}
	return page
}

// Count returns how many workspaces are online.
func (r *Roster) Count() int {
	r.Bury()
	return int(r.held.Load())
}

// Bury turns every life that is over into a death, and reports whether there
// was any.
func (r *Roster) Bury() bool {
	any := false
	for i := range r.shard {
		s := &r.shard[i]
		s.Lock()
		any = s.bury(r, r.Now(), len(s.due.entries)) || any
		s.Unlock()
	}
	return any
}

// bury looks at no more than most lives whose time in the index has come: it
// turns those that are over into deaths and gives the others their true place.
// It reports whether there were any of the dead.
func (s *shard) bury(r *Roster, now time.Duration, most int) (any bool) {
	for l, ok := s.due.next(now); ok && most > 0; l, ok = s.due.next(now) {
		most--
		if left := l.Remaining(now); left > 0 {
			s.due.move(l.at, now+left)
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
func (s *shard) claim(r *Roster, id string) (l *Life, full bool) {
	if l := s.lives.byID[id]; l != nil {
		return l, false
	}
	for {
		held := r.held.Load()
		if held >= int64(r.Limit) {
			return nil, true
		}
		if r.held.CompareAndSwap(held, held+1) {
			return s.add(id), false
		}
	}
}

func (s *shard) add(id string) *Life {
	l := &Life{id: id}
	s.lives.put(id, l)
	s.due.push(never, l)
	return l
}

func (s *shard) forget(r *Roster, l *Life) {
	s.due.remove(l.at)
	s.lives.remove(l.id)
	r.held.Add(-1)
}

func (s *shard) grant(r *Roster, l *Life, deadline, ttl time.Duration) {
	l.ttl = ttl
	l.deadline.Store(int64(deadline))
	r.ttl.add(ttl)
	if deadline < s.due.entries[l.at].when {
		s.due.move(l.at, deadline)
	}
}
