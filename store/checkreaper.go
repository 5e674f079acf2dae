package store

import "time"

// MaxNoteLen is the length of the longest note, in bytes.
const MaxNoteLen = 256

// CheckShard returns ErrInvalid, as an error of op, unless r has the shard.
func CheckShard(op string, r Reaper, shard int) error {
	if n := r.Shards(); shard < 0 || shard >= n {
		return Errorf(op, "", ErrInvalid, "there is no shard %d, want 0 to %d", shard, n-1)
	}
	return nil
}

// CheckLease returns ErrInvalid, as an error of op, unless the lease can be
// granted.
func CheckLease(op string, lease time.Duration) error {
	if lease < MinTTL || lease > MaxTTL {
		return Errorf(op, "", ErrInvalid, "the lease is %v, want %v to %v", lease, MinTTL, MaxTTL)
	}
	return nil
}

// CheckAfter returns ErrInvalid, as an error of op, unless a death can be put
// back for so long.
func CheckAfter(op string, after time.Duration) error {
	if after < 0 || after > MaxTTL {
		return Errorf(op, "", ErrInvalid, "a death is put back for %v, want 0 to %v", after, MaxTTL)
	}
	return nil
}

// CheckNote returns ErrInvalid, as an error of op, unless the note can be kept.
func CheckNote(op, note string) error {
	if len(note) > MaxNoteLen {
		return Errorf(op, "", ErrInvalid, "the note has %d bytes, want at most %d", len(note), MaxNoteLen)
	}
	return nil
}

// Check returns ErrInvalid, as an error of op, unless the watch can be kept.
func (w Watch) Check(op string) error {
	if w.Interval <= 0 || w.Interval > MaxTTL {
		return Errorf(op, "", ErrInvalid, "Watch.Interval is %v, want more than 0 and at most %v", w.Interval, MaxTTL)
	}
	return nil
}

// Check returns ErrInvalid, as an error of op, unless the quota can be used.
func (q Quota) Check(op string) error {
	if q.Most < 1 {
		return Errorf(op, "", ErrInvalid, "Quota.Most is %d, want 1 or more", q.Most)
	}
	return CheckLease(op, q.Lease)
}
