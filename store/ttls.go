package store

import (
	"cmp"
	"fmt"
	"time"
)

const (
	// DefaultLivenessTTL is six heartbeats of 30 s: an agent that is busy for
	// two minutes stays online.
	DefaultLivenessTTL = 180 * time.Second

	// DefaultURLTTL is how long a cached URL is trusted by default.
	DefaultURLTTL = 5 * time.Minute

	// MinTTL and MaxTTL bound every TTL, both included.
	MinTTL = time.Millisecond
	MaxTTL = 365 * 24 * time.Hour

	// DefaultKeepDeaths is how long a death that is not handed out is kept by default.
	DefaultKeepDeaths = 24 * time.Hour
)

// leastBeats is how many heartbeats fit into a liveness TTL at least.
const leastBeats = 3

// TTLs says how long things live. The zero value means the defaults.
type TTLs struct {
	// Liveness is how long a workspace is online without being heard from.
	// 0 means DefaultLivenessTTL.
	Liveness time.Duration

	// URL is how long a cached URL is readable. 0 means DefaultURLTTL.
	URL time.Duration

	// For, if set, decides the liveness TTL of one workspace, at each
	// SetOnline and RefreshTTL; 0 means Liveness. It is called by many
	// goroutines at once and must not call the store.
	For func(id string) time.Duration

	// Heartbeat is the interval at which workspaces are heard from. If it is
	// set, a liveness TTL below 3 × Heartbeat, also one by For, is ErrInvalid:
	// one lost heartbeat would look like a death. 0 means that this is not
	// checked, and monitors assume a sixth of Liveness.
	Heartbeat time.Duration
}

// Validate returns nil if the TTLs can be used and otherwise an error that
// unwraps to ErrInvalid and names the field, its value and the bound. Values
// of For are checked when they are used.
func (t TTLs) Validate() error {
	if t.Heartbeat < 0 || t.Heartbeat > MaxTTL {
		return fmt.Errorf("%w: TTLs.Heartbeat is %v, want 0 (not checked) or up to %v", ErrInvalid, t.Heartbeat, MaxTTL)
	}
	if err := t.check("TTLs.Liveness", t.liveness()); err != nil {
		return err
	}
	if url := t.ForURL(); url < MinTTL || url > MaxTTL {
		return fmt.Errorf("%w: TTLs.URL is %v, want %v to %v", ErrInvalid, url, MinTTL, MaxTTL)
	}
	return nil
}

// ForURL returns the TTL of a cached URL.
func (t TTLs) ForURL() time.Duration {
	return cmp.Or(t.URL, DefaultURLTTL)
}

// ForLiveness returns the liveness TTL of one workspace, by For or Liveness.
// The error unwraps to ErrInvalid: For returned a value that Validate would
// refuse.
func (t TTLs) ForLiveness(id string) (time.Duration, error) {
	if t.For != nil {
		if ttl := t.For(id); ttl != 0 {
			return ttl, t.check("TTLs.For", ttl)
		}
	}
	return t.liveness(), nil
}

func (t TTLs) liveness() time.Duration {
	if t.Liveness == 0 {
		return DefaultLivenessTTL
	}
	return t.Liveness
}

func (t TTLs) check(field string, ttl time.Duration) error {
	if ttl < MinTTL || ttl > MaxTTL {
		return fmt.Errorf("%w: %s is %v, want %v to %v", ErrInvalid, field, ttl, MinTTL, MaxTTL)
	}
	if ttl < leastBeats*t.Heartbeat {
		return fmt.Errorf("%w: %s is %v, want at least %d × Heartbeat (%v): one lost heartbeat would look like a death",
			ErrInvalid, field, ttl, leastBeats, leastBeats*t.Heartbeat)
	}
	return nil
}
