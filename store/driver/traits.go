package driver

import (
	"cmp"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Traits are the properties of a store that do not change while it is open.
type Traits struct {
	// Shards is the number of shards into which the workspaces are divided, 1 or more.
	// Each is swept by itself.
	Shards int

	// TTLs are those that the store grants.
	TTLs store.TTLs

	// Local tells that the data is in the memory of this process, so that it
	// costs little to look at every workspace.
	Local bool
}

// Liveness returns TTLs.Liveness, or its default.
func (t Traits) Liveness() time.Duration {
	return cmp.Or(t.TTLs.Liveness, store.DefaultLivenessTTL)
}

// Heartbeat returns how often workspaces are heard from: TTLs.Heartbeat, or a
// sixth of the liveness TTL.
func (t Traits) Heartbeat() time.Duration {
	return cmp.Or(t.TTLs.Heartbeat, t.Liveness()/6)
}

// Patience returns the longest time between two sweeps that begins no grace,
// where interval is SweepOptions.Interval of the later one.
//
// It is short enough that a workspace whose heartbeats arrived before and after
// that time, but not during it, is online throughout.
func (t Traits) Patience(interval time.Duration) time.Duration {
	const least = 3 * time.Second // of trouble that a busy machine or network may have
	ttl := t.Liveness()
	return min(max(least, 3*interval), ttl/2, ttl-2*t.Heartbeat())
}

// GraceEnd returns the end of the grace after a sweep at now (R6), where last
// is the time of the sweep before, zero if there was none, and end is the end
// of the grace then.
func (t Traits) GraceEnd(o SweepOptions, now, last, end time.Time) time.Time {
	ttl, patience, heartbeat := t.Liveness(), t.Patience(o.Interval), t.Heartbeat()
	latest := now.Add(ttl)
	gap := now.Sub(last)
	switch {
	case last.IsZero() || gap < 0 || o.LastSweep.After(last):
		return latest
	case gap <= patience:
	case end.After(last):
		end = end.Add(gap)
		if least := now.Add(patience + heartbeat); end.Before(least) {
			end = least
		}
	default:
		end = now.Add(gap + heartbeat)
	}
	if end.After(latest) {
		return latest
	}
	return end
}
