package store

import (
	"context"
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
)

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
	// set, a liveness TTL below 2 × Heartbeat is ErrInvalid, because one late
	// heartbeat would look like a death. 0 means that this is not checked.
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
	if t.URL == 0 {
		return DefaultURLTTL
	}
	return t.URL
}

// ForLiveness returns the liveness TTL of one workspace, by For or Liveness.
// The error unwraps to ErrInvalid: For returned a value that Validate would
// refuse.
func (t TTLs) ForLiveness(id string) (time.Duration, error) {
	if t.For == nil {
		return t.liveness(), nil
	}
	ttl := t.For(id)
	if ttl == 0 {
		return t.liveness(), nil
	}
	return ttl, t.check("TTLs.For", ttl)
}

// Check is the first line of SetOnline and RefreshTTL: [Check], and the
// liveness TTL that the call is about to grant.
func (t TTLs) Check(ctx context.Context, op, id string) (time.Duration, error) {
	if err := CheckID(id); err != nil {
		return 0, &Error{Op: op, ID: id, Err: err}
	}
	ttl, err := t.ForLiveness(id)
	if err != nil {
		return 0, &Error{Op: op, ID: id, Err: err}
	}
	return ttl, checkContext(ctx, op, id)
}

// CheckMany is the first line of RefreshMany: [CheckMany], and the liveness
// TTL that the call is about to grant to each id.
func (t TTLs) CheckMany(ctx context.Context, op string, ids []string) ([]time.Duration, error) {
	ttls := make([]time.Duration, len(ids))
	for i, id := range ids {
		err := CheckID(id)
		if err == nil {
			ttls[i], err = t.ForLiveness(id)
		}
		if err != nil {
			return nil, &Error{Op: op, ID: id, Err: err}
		}
	}
	return ttls, checkContext(ctx, op, "")
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
	if ttl < 2*t.Heartbeat {
		return fmt.Errorf("%w: %s is %v, want at least 2 × Heartbeat (%v): one late heartbeat would look like a death",
			ErrInvalid, field, ttl, 2*t.Heartbeat)
	}
	return nil
}
