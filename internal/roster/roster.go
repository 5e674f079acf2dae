// Package roster keeps in memory who is online and until when. It is what
// memstore is made of, and what boltstore reads while its file only follows.
//
// A heartbeat takes no lock: it is one look into a hash table, one clock
// reading and one atomic step. Each shard also keeps an index of deadlines,
// which a heartbeat does not touch: an entry there is a lower bound that is
// corrected when its time has come, so that each living workspace is looked at
// about once per TTL.
package roster

import (
	"hash/maphash"
	"iter"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

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
	seed   maphash.Seed
	ttl    maximum // longest TTL granted
	deaths *deaths
	shard  [shards]shard
	watch  watch
	held   atomic.Int64 // lives in all shards, dead ones that were not buried yet included
}

// New returns an empty roster.
func New(c Config) *Roster {
	r := &Roster{Config: c, seed: maphash.MakeSeed(), deaths: newDeaths(c.KeepDeaths)}
	for i := range r.shard {
		r.shard[i].init()
	}
	return r
}

// of returns the shard of an id, and the hash by which it is found there.
func (r *Roster) of(id string) (*shard, uint32) {
	hash := maphash.String(r.seed, id)
	return &r.shard[hash%shards], uint32(hash >> 32)
}

// Set makes the workspace online for ttl from now. It returns nil if the
// workspace is not online and the roster is full.
func (r *Roster) Set(id string, ttl time.Duration) *Life {
	s, hash := r.of(id)
	for {
		s.Lock()
		now := r.Now()
		s.bury(r, now, 2)
		l, full := s.claim(r, id, hash)
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
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	l := s.lives.Find(id, hash)
	if l == nil {
		r.held.Add(1)
		l = s.add(id, hash)
	}
	s.grant(r, l, deadline, ttl)
	return l
}

// Extend makes the workspace stay online for ttl from now and reports whether
// it was online. If it was not, nothing changes.
func (r *Roster) Extend(id string, ttl time.Duration) bool {
	s, hash := r.of(id)
	l := s.lives.Find(id, hash)
	if l == nil {
		return false
	}
	now := r.Now()
	alive, moved := l.extend(now, now+ttl)
	switch {
	case !alive:
		return false
	case !moved:
		return s.regrant(r, id, hash, ttl)
	}
	r.ttl.add(ttl)
	return true
}

// Remaining returns for how long the workspace is online if nothing is heard
// from it; 0 means that it is offline.
func (r *Roster) Remaining(id string) time.Duration {
	s, hash := r.of(id)
	l := s.lives.Find(id, hash)
	if l == nil {
		return 0
	}
	return l.Remaining(r.Now())
}

// View calls read, which looks at one thing about the workspace. What Update,
// Remove, Disown or End had begun to change before is wholly changed by then.
func (r *Roster) View(id string, read func(now time.Duration)) {
	s, _ := r.of(id)
	if s.changing.Load() {
		s.RLock()
		defer s.RUnlock()
	}
	read(r.Now())
}

// Update calls write while nobody else changes the workspace.
func (r *Roster) Update(id string, write func(now time.Duration)) {
	s, _ := r.of(id)
	s.Lock()
	defer s.Unlock()
	write(r.Now())
}

// Remove forgets the workspace and calls also, in one step: who has seen the one
// by Extend or Remaining sees the other by View.
func (r *Roster) Remove(id string, also func()) {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	if l := s.lives.Find(id, hash); l != nil {
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
