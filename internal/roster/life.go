package roster

import (
	"sync/atomic"
	"time"
)

// Life is one workspace of a roster that is online, or whose deadline has passed
// since the last look at the index. Any caller may make it longer; a caller that
// makes it shorter, or begins it anew, holds the lock of the stripe.
type Life struct {
	id       string
	deadline atomic.Int64 // negative: was seen to be over; 0: removed
	hash     uint32       // of the id
	at       int32        // place in the deadline index
}

func (l *Life) key() (id string, hash uint32) { return l.id, l.hash }

// Remaining returns how much of the life is left; 0 means that it is over. A
// life that was seen to be over stays so until Set.
func (l *Life) Remaining(now time.Duration) time.Duration {
	for {
		d := l.deadline.Load()
		if d > int64(now) {
			return time.Duration(d) - now
		}
		// A heartbeat with an older reading of the clock must not bring back
		// the workspace that this caller reports as offline.
		if d <= 0 || l.deadline.CompareAndSwap(d, -d) {
			return 0
		}
	}
}

// refresh moves the deadline to a later one, if it is not late enough, and
// reports whether the life is not over. Moved is false if the deadline would
// have to become earlier.
func (l *Life) refresh(now, to time.Duration) (alive, moved bool) {
	for {
		d := l.deadline.Load()
		switch {
		case d > int64(to):
			return true, false
		case d <= int64(now) && l.Remaining(now) == 0:
			return false, false
		case l.deadline.CompareAndSwap(d, int64(to)):
			return true, true
		}
	}
}

// move moves the deadline either way, for the holder of the lock, and reports
// whether the life is not over.
func (l *Life) move(now, to time.Duration) (alive bool) {
	_, alive = l.swap(now, int64(to))
	return alive
}

// end makes the life over at now, for the holder of the lock. It returns what
// the deadline was, and reports false if the life is over already.
func (l *Life) end(now time.Duration) (was time.Duration, ok bool) {
	return l.swap(now, -int64(max(now, 1)))
}

func (l *Life) swap(now time.Duration, deadline int64) (was time.Duration, alive bool) {
	for l.Remaining(now) > 0 {
		if d := l.deadline.Load(); d > int64(now) && l.deadline.CompareAndSwap(d, deadline) {
			return time.Duration(d), true
		}
	}
	return 0, false
}

// Deadline returns when the life is over, or was.
func (l *Life) Deadline() time.Duration { return time.Duration(l.deadline.Load()).Abs() }
