package roster

import (
	"hash/maphash"
	"iter"
	"strings"
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
	MaxDeaths  int           // with more records of deaths, those that were never handed out are dropped
	OwnIDs     bool          // the ids of Set and Restore may be kept without a copy
	KeepDeaths time.Duration // for so long a death that was never handed out is kept
}

// Roster is a set of lives, and the deaths that they ended in. Create it with
// New.
type Roster struct {
	Config
	seed      maphash.Seed
	deaths    *deaths
	stripes   [stripeCount]stripe
	lifeCount atomic.Int64 // in all stripes, also of those that are over
}

// New returns an empty roster.
func New(c Config) *Roster {
	r := &Roster{Config: c, seed: maphash.MakeSeed()}
	r.deaths = newDeaths(c.MaxDeaths, c.KeepDeaths, r.Traits().Liveness())
	r.deaths.seed = r.seed // part i of the records has the deaths of stripe i: see known
	for i := range r.stripes {
		r.stripes[i].init()
	}
	return r
}

// of returns the stripe of an id, and the hash by which it is found there.
func (r *Roster) of(id string) (*stripe, uint32) {
	hash := maphash.String(r.seed, id)
	return &r.stripes[hash%stripeCount], uint32(hash >> 32)
}

// keep returns an id that keeps nothing else in memory.
func (r *Roster) keep(id string) string {
	if r.OwnIDs {
		return id
	}
	return strings.Clone(id)
}

// Set makes the workspace online for ttl from now, and calls also, if that is
// not nil, in the same step. It returns nil if the workspace is not online and
// the roster is full; lives that are over count until Reap.
func (r *Roster) Set(id string, ttl time.Duration, also func(now time.Duration)) *Life {
	return r.set(id, ttl, cameBack, also)
}

// SetFor is Set with a TTL of this call. It alone does not make a recent workspace come
// back.
func (r *Roster) SetFor(id string, ttl time.Duration) *Life {
	return r.set(id, ttl, withoutHeartbeat, nil)
}

func (r *Roster) set(id string, ttl time.Duration, why reason, also func(now time.Duration)) *Life {
	const few = 2 // more than come due with each Set
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	now := r.Now()
	s.reap(r, now, few)
	l := s.findOrAdd(r, id, hash, r.Limit)
	if l == nil {
		return nil
	}
	s.renew(l, now+ttl)
	if r.deaths.forget(id, now, why) {
		s.setUnheard(l, now+ttl, now+ttl)
	}
	if also != nil {
		also(now)
	}
	return l
}

// Refresh makes the workspace stay online for ttl from now and reports whether
// it was online. If it was not, nothing changes.
func (r *Roster) Refresh(id string, ttl time.Duration) bool {
	s, hash := r.of(id)
	l := s.lives.Find(id, hash)
	if l == nil {
		return false
	}
	now := r.Now()
	alive, moved := l.refresh(now, now+ttl)
	if alive && !moved {
		return s.regrant(r, id, hash, ttl)
	}
	return alive
}

// Expire ends the life of a workspace that is online at now: its death is ready.
func (r *Roster) Expire(id string, now time.Duration) {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	l := s.lives.Find(id, hash)
	if l == nil {
		return
	}
	if granted, alive := l.end(now); alive {
		s.die(r, l, now, granted, true)
	}
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

// View calls read, which looks at one thing about the workspace. A change by
// Set, Update, Remove, Forget, Begin or Restore that began before the call is whole by then.
func (r *Roster) View(id string, read func(now time.Duration)) {
	s, _ := r.of(id)
	if s.changing.Load() {
		s.RLock()
		defer s.RUnlock()
	}
	read(r.Now())
}

// Lookup returns what Remaining does, and calls read, if that is more than 0,
// in the same step.
func (r *Roster) Lookup(id string, read func(now time.Duration)) time.Duration {
	s, hash := r.of(id)
	s.RLock()
	defer s.RUnlock()
	l := s.lives.Find(id, hash)
	if l == nil {
		return 0
	}
	now := r.Now()
	left := l.Remaining(now)
	if left > 0 {
		read(now)
	}
	return left
}

// read calls look, which sees the life and the record of the workspace of one moment,
// nil where there is none.
func (r *Roster) read(id string, look func(s *stripe, l *Life, x *record, now time.Duration)) {
	s, hash := r.of(id)
	s.RLock()
	defer s.RUnlock()
	r.deaths.Lock()
	defer r.deaths.Unlock()
	look(s, s.lives.Find(id, hash), r.deaths.find(id), r.Now())
}

// Update calls write while no other call changes the workspace.
func (r *Roster) Update(id string, write func(now time.Duration)) {
	s, _ := r.of(id)
	s.Lock()
	defer s.Unlock()
	write(r.Now())
}

// Remove forgets the workspace and calls also, in one step: a caller that sees by Refresh or
// Remaining that the workspace is gone sees the effect of also by View.
func (r *Roster) Remove(id string, also func()) {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	if l := s.lives.Find(id, hash); l != nil {
		l.deadline.Store(0)
		s.remove(r, l)
	}
	r.deaths.forget(id, r.Now(), cleared)
	also()
}

// All yields each workspace that is online throughout exactly once, with the
// time that remains to it. It holds no lock while the body of the loop runs.
func (r *Roster) All() iter.Seq2[string, time.Duration] {
	return func(yield func(string, time.Duration) bool) {
		var page []*Life
		for i := range r.stripes {
			page = r.stripes[i].appendLives(page[:0])
			for _, l := range page {
				if left := l.Remaining(r.Now()); left > 0 && !yield(l.id, left) {
					return
				}
			}
		}
	}
}

// Count returns how many workspaces are online. Done is false if goOn stopped
// it; see Reap.
func (r *Roster) Count(goOn func(dead int) bool) (online int, done bool) {
	done = r.Reap(goOn)
	return int(r.lifeCount.Load()), done
}

// Reap turns every life that is over into a death. After each bounded part of that
// it calls goOn with the number of deaths so far, and stops if goOn says so. It
// reports whether it is done.
func (r *Roster) Reap(goOn func(dead int) bool) (done bool) {
	dead := 0
	for i := range r.stripes {
		for more := true; more; {
			var n int
			n, more = r.stripes[i].reapMany(r)
			dead += n
			if !goOn(dead) {
				return false
			}
		}
	}
	return true
}
