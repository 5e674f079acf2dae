package driver

import (
	"cmp"
	"context"

	"github.com/molecule-ai/liveness/store"
)

const (
	// eon bounds how long ago something in a record was.
	eon = 100 * store.MaxTTL

	// maxAttempt is more often than a death can be handed out in an eon.
	maxAttempt = 1 << 30
)

// CheckRecords is the first line of Restore. The error names the first
// workspace whose record cannot be taken in.
func CheckRecords(ctx context.Context, op string, records []Record) error {
	for i := range records {
		if err := records[i].check(); err != nil {
			return &store.Error{Op: op, ID: records[i].ID, Err: err}
		}
	}
	return fault(ctx, op, "", nil)
}

func (r *Record) check() error {
	d := r.Death
	switch err := cmp.Or(store.CheckID(r.ID), r.URL.check(), r.InternalURL.check()); {
	case err != nil:
		return err
	case r.Remaining < 0 || r.Remaining > store.MaxTTL:
		return invalid("%v of a life remain, want 0 to %v", r.Remaining, store.MaxTTL)
	case r.Withdrawn < 0 || r.Withdrawn > eon:
		return invalid("a death was withdrawn %v ago, want 0 to %v", r.Withdrawn, eon)
	case d == nil:
		return nil
	case r.Remaining > 0:
		return invalid("the workspace is online and dead, want one of both")
	}
	return d.check()
}

func (u CachedURL) check() error {
	if u == (CachedURL{}) {
		return nil
	}
	if err := store.CheckURL(u.URL); err != nil {
		return err
	}
	if u.Remaining <= 0 || u.Remaining > store.MaxTTL {
		return invalid("%v of a URL remain, want more than 0 and at most %v", u.Remaining, store.MaxTTL)
	}
	return nil
}

func (d *DeathRecord) check() error {
	switch {
	case d.Ago < -store.MaxTTL || d.Ago > eon || d.Since < -store.MaxTTL || d.Since > eon:
		return invalid("a death of %v ago, since %v ago, want %v to %v", d.Ago, d.Since, -store.MaxTTL, eon)
	case d.Ago < 0 && !d.Adopted:
		return invalid("a death of %v ago, want 0 or more, unless it is by Adopt", d.Ago)
	case d.Delay < 0 || d.Delay > store.MaxTTL:
		return invalid("a death is delayed for %v, want 0 to %v", d.Delay, store.MaxTTL)
	case d.Attempt < 0 || d.Attempt > maxAttempt:
		return invalid("a death was handed out %d times, want 0 to %d", d.Attempt, maxAttempt)
	}
	return nil
}
