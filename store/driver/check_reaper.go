package driver

import (
	"fmt"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// MaxNoteLen is the length of the longest note, in bytes.
const MaxNoteLen = 2048

// CheckShard returns ErrInvalid, as an error of op, unless r has the shard.
func CheckShard(op string, r Reaper, shard int) error {
	if n := r.Traits().Shards; shard < 0 || shard >= n {
		return Errorf(op, "", store.ErrInvalid, "there is no shard %d, want 0 to %d", shard, n-1)
	}
	return nil
}

// CheckLease returns ErrInvalid, as an error of op, unless the lease can be
// granted.
func CheckLease(op string, lease time.Duration) error {
	if lease < store.MinTTL || lease > store.MaxTTL {
		return Errorf(op, "", store.ErrInvalid, "the lease is %v, want %v to %v", lease, store.MinTTL, store.MaxTTL)
	}
	return nil
}

// CheckDelay returns ErrInvalid, as an error of op, unless a death can be
// released for so long.
func CheckDelay(op string, after time.Duration) error {
	if after < 0 || after > store.MaxTTL {
		return Errorf(op, "", store.ErrInvalid, "a death is released for %v, want 0 to %v", after, store.MaxTTL)
	}
	return nil
}

// CheckNote returns ErrInvalid, as an error of op, unless the note can be kept.
func CheckNote(op, note string) error {
	if len(note) > MaxNoteLen {
		return Errorf(op, "", store.ErrInvalid, "the note has %d bytes, want at most %d", len(note), MaxNoteLen)
	}
	return nil
}

// KeepDeaths returns the value of an option KeepDeaths, or store.DefaultKeepDeaths for 0. The
// error unwraps to ErrInvalid, is of no operation, and names the bounds.
func KeepDeaths(option time.Duration) (time.Duration, error) {
	switch {
	case option == 0:
		return store.DefaultKeepDeaths, nil
	case option < store.MinTTL || option > store.MaxTTL:
		return 0, fmt.Errorf("%w: Options.KeepDeaths is %v, want %v to %v, or 0 for %v",
			store.ErrInvalid, option, store.MinTTL, store.MaxTTL, store.DefaultKeepDeaths)
	}
	return option, nil
}

// Check returns ErrInvalid, as an error of op, unless the options can be used.
func (o SweepOptions) Check(op string) error {
	if o.Interval <= 0 || o.Interval > store.MaxTTL {
		return Errorf(op, "", store.ErrInvalid, "SweepOptions.Interval is %v, want more than 0 and at most %v", o.Interval, store.MaxTTL)
	}
	return nil
}

// Check returns ErrInvalid, as an error of op, unless the options can be used.
func (o ClaimOptions) Check(op string) error {
	if o.Max < 1 {
		return Errorf(op, "", store.ErrInvalid, "ClaimOptions.Max is %d, want 1 or more", o.Max)
	}
	return CheckLease(op, o.Lease)
}
