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
)

// shards is enough that callers on many cores seldom meet.
const shards = 128

// Roster is a set of lives. Create it with New.
type Roster struct {
	now   func() time.Duration
	limit int64
	held  atomic.Int64 // lives in all shards, dead ones that were not dropped yet included
	seed  maphash.Seed
	shard [shards]shard
}

type shard struct {
	sync.RWMutex
	lives map[string]*Life
	due   index
	_     [64]byte // keeps the locks of two shards out of one cache line
}

// New returns an empty roster that takes its time from now, which must never
// step back, and holds at most limit workspaces that are online.
func New(now func() time.Duration, limit int) *Roster {
	r := &Roster{now: now, limit: int64(limit), seed: maphash.MakeSeed()}
	for i := range r.shard {
		r.shard[i].lives = make(map[string]*Life)
	}
	return r
}

// Limit returns how many workspaces may be online at once.
func (r *Roster) Limit() int { return int(r.limit) }

func (r *Roster) of(id string) *shard {
	return &r.shard[maphash.String(r.seed, id)%shards]
}

// Set makes the workspace online for ttl from now. It returns nil if the
// workspace is not online and the roster is full.
func (r *Roster) Set(id string, ttl time.Duration) *Life {
	s := r.of(id)
	for {
		s.Lock()
		now := r.now()
		s.drop(r, now, 2)
		l, full := s.claim(r, id)
		if !full {
			s.grant(l, now+ttl, ttl)
			s.Unlock()
			return l
		}
		s.Unlock()
		if !r.Sweep() {
			return nil
		}
	}
}

// Restore makes the workspace online until deadline, whatever the limit.
func (r *Roster) Restore(id string, deadline time.Duration) *Life {
	s := r.of(id)
	s.Lock()
	defer s.Unlock()
	l := s.lives[id]
	if l == nil {
		r.held.Add(1)
		l = s.add(id)
	}
	s.grant(l, deadline, 0)
	return l
}

// Extend makes the workspace stay online for ttl from now and reports whether
// it was online. If it was not, nothing changes.
func (r *Roster) Extend(id string, ttl time.Duration) bool {
	s := r.of(id)
	s.RLock()
	l := s.lives[id]
	if l == nil {
		s.RUnlock()
		return false
	}
	if l.ttl == ttl {
		ok := l.extend(r.now(), ttl)
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
	now := r.now()
	l := s.lives[id]
	if l == nil || l.Remaining(now) == 0 {
		return false
	}
	s.grant(l, now+ttl, ttl)
	return true
}

// Remaining returns for how long the workspace is online if nothing is heard
// from it; 0 means that it is offline.
func (r *Roster) Remaining(id string) time.Duration {
	s := r.of(id)
	s.RLock()
	defer s.RUnlock()
	l := s.lives[id]
	if l == nil {
		return 0
	}
	return l.Remaining(r.now())
}

// View calls read while nothing of the workspace changes but by Extend.
func (r *Roster) View(id string, read func(now time.Duration)) {
	s := r.of(id)
	s.RLock()
	defer s.RUnlock()
	read(r.now())
}

// Update calls write while nobody else looks at the workspace.
func (r *Roster) Update(id string, write func(now time.Duration)) {
	s := r.of(id)
	s.Lock()
	defer s.Unlock()
	write(r.now())
}

// Remove forgets the workspace and calls also, in one step: nobody sees the
// one without the other.
func (r *Roster) Remove(id string, also func()) {
	s := r.of(id)
	s.Lock()
	defer s.Unlock()
	if l := s.lives[id]; l != nil {
		l.deadline.Store(0)
		s.due.remove(l)
		s.forget(r, l)
	}
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
				if left := l.Remaining(r.now()); left > 0 && !yield(l.id, left) {
					return
				}
			}
		}
	}
}

func (s *shard) appendLives(page []*Life) []*Life {
	s.RLock()
	defer s.RUnlock()
	for _, l := range s.lives {
		page = append(page, l)
	}
	return page
}

// Count returns how many workspaces are online.
func (r *Roster) Count() int {
	r.Sweep()
	return int(r.held.Load())
}

// Sweep forgets the dead of all shards and reports whether there were any.
func (r *Roster) Sweep() bool {
	any := false
	for i := range r.shard {
		s := &r.shard[i]
		s.Lock()
		any = s.drop(r, r.now(), len(s.due)) || any
		s.Unlock()
	}
	return any
}

// drop looks at no more than most lives whose time in the index has come:
// it forgets the dead and gives the living their true place. It reports
// whether any was dead.
func (s *shard) drop(r *Roster, now time.Duration, most int) bool {
	any := false
	for ; most > 0 && len(s.due) > 0 && s.due[0].bound <= now; most-- {
		l := s.due[0].life
		if left := l.Remaining(now); left > 0 {
			s.due.move(l, now+left)
			continue
		}
		s.due.remove(l)
		s.forget(r, l)
		any = true
	}
	return any
}

// claim returns the life of id, a new one if there is none. Full means that
// there is none and no room for one.
func (s *shard) claim(r *Roster, id string) (l *Life, full bool) {
	if l := s.lives[id]; l != nil {
		return l, false
	}
	for {
		held := r.held.Load()
		if held >= r.limit {
			return nil, true
		}
		if r.held.CompareAndSwap(held, held+1) {
			return s.add(id), false
		}
	}
}

func (s *shard) add(id string) *Life {
	l := &Life{id: id}
	s.lives[id] = l
	s.due.push(l)
	return l
}

func (s *shard) forget(r *Roster, l *Life) {
	delete(s.lives, l.id)
	r.held.Add(-1)
}

func (s *shard) grant(l *Life, deadline, ttl time.Duration) {
	l.ttl = ttl
	l.deadline.Store(int64(deadline))
	if deadline < s.due[l.at].bound {
		s.due.move(l, deadline)
	}
}
