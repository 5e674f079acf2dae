package roster

import (
	"sync/atomic"
	"time"
)

// Life is one workspace of a roster, from Set to Remove or until it is dropped
// after its death.
type Life struct {
	id       string
	ttl      time.Duration // last granted; changes under the lock of the shard
	deadline atomic.Int64  // negative: was seen to be over; 0: removed
	at       int           // place in the index
}

// Remaining returns how much of the life is left; 0 means that it is over. A
// life that was seen to be over stays so until Set.
func (l *Life) Remaining(now time.Duration) time.Duration {
	for {
		d := l.deadline.Load()
		if d > int64(now) {
			return time.Duration(d) - now
		}
		// Whoever is about to extend it with an older reading of the clock
		// must not bring back what this caller reports as dead.
		if d <= 0 || l.deadline.CompareAndSwap(d, -d) {
			return 0
		}
	}
}

// extend moves the deadline to now + ttl, never earlier than another caller
// with the same TTL has moved it.
func (l *Life) extend(now, ttl time.Duration) bool {
	to := int64(now + ttl)
	for {
		d := l.deadline.Load()
		if d <= int64(now) && l.Remaining(now) == 0 {
			return false
		}
		if d >= to || l.deadline.CompareAndSwap(d, to) {
			return true
		}
	}
}

// Deadline returns when the life is over, or was.
func (l *Life) Deadline() time.Duration { return time.Duration(l.deadline.Load()).Abs() }
