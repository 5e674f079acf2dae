package driver

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Restorer is implemented by a [Reaper] whose data can be carried to another
// store. Its methods keep the clauses R10 and R11 of the package comment.
//
// A caller that carries a record for some time restores Record.After of that
// time. Of two stores that are both in use it must not be told which is right:
// Restore takes nothing back that the store was told otherwise.
type Restorer interface {
	// Dump yields a record of each workspace that has a life, a death or a URL, as
	// Lister.Online yields workspaces. It writes nothing.
	Dump(ctx context.Context) iter.Seq2[Record, error]

	// Restore takes in the records, each in one step, as Batcher handles ids.
	// It returns ErrFull if a workspace that is not online does not fit.
	Restore(ctx context.Context, records []Record) error
}

// Record is what a store knows of one workspace, in times that count from one
// moment: a store with another clock can take it in.
type Record struct {
	ID  string    `json:"id"`
	Now time.Time `json:"now,omitzero"` // that moment, by the clock of the store; of no use to Restore

	// Remaining is until the workspace is offline if it is not heard from. 0
	// means that it is not online.
	Remaining time.Duration `json:"remaining,omitzero"`

	// Withdrawn is how long ago Since of its next death is, if the life is by
	// Withdraw. 0 means that it was heard from later.
	Withdrawn time.Duration `json:"withdrawn,omitzero"`

	Death       *DeathRecord `json:"death,omitzero"` // that is pending, detected or not; nil: there is none
	URL         CachedURL    `json:"url,omitzero"`
	InternalURL CachedURL    `json:"internal_url,omitzero"`
}

// DeathRecord is a pending death.
type DeathRecord struct {
	Ago     time.Duration `json:"ago"`              // since its Deadline; less than 0 if Adopt made it due later
	Since   time.Duration `json:"since"`            // since its Since
	Delay   time.Duration `json:"delay,omitzero"`   // until its lease or its delay ends; 0: it is ready
	Attempt int           `json:"attempt,omitzero"` // times handed out
	Adopted bool          `json:"adopted,omitzero"`
	Expired bool          `json:"expired,omitzero"`
}

// CachedURL is a cached URL; the zero value is none.
type CachedURL struct {
	URL       string        `json:"url"`
	Remaining time.Duration `json:"remaining"` // until it is forgotten, more than 0
}

// After returns the record as it is once d has passed and nothing was heard
// from the workspace: a life that has run out is a death.
func (r Record) After(d time.Duration) Record {
	if !r.Now.IsZero() {
		r.Now = r.Now.Add(d)
	}
	r.URL, r.InternalURL = r.URL.after(d), r.InternalURL.after(d)
	if r.Death != nil {
		death := *r.Death
		death.Ago += d
		death.Since += d
		death.Delay = max(0, death.Delay-d)
		r.Death = &death
	}
	if r.Withdrawn > 0 {
		r.Withdrawn += d
	}
	if r.Remaining == 0 {
		return r
	}
	r.Remaining -= d
	if r.Remaining <= 0 {
		r.Death = &DeathRecord{Ago: -r.Remaining, Since: max(-r.Remaining, r.Withdrawn)}
		r.Remaining, r.Withdrawn = 0, 0
	}
	return r
}

func (u CachedURL) after(d time.Duration) CachedURL {
	if u.Remaining <= d {
		return CachedURL{}
	}
	u.Remaining -= d
	return u
}

// CheckRecords is the first line of Restore. The error names the first
// workspace whose record cannot be taken in.
func CheckRecords(ctx context.Context, op string, records []Record) error {
	for i := range records {
		if err := records[i].check(op); err != nil {
			return err
		}
	}
	return checkContext(ctx, op, "")
}

func (r *Record) check(op string) error {
	if err := store.CheckID(r.ID); err != nil {
		return &store.Error{Op: op, ID: r.ID, Err: err}
	}
	for _, u := range []CachedURL{r.URL, r.InternalURL} {
		if u == (CachedURL{}) {
			continue
		}
		if err := store.CheckURL(u.URL); err != nil {
			return &store.Error{Op: op, ID: r.ID, Err: err}
		}
		if u.Remaining <= 0 || u.Remaining > store.MaxTTL {
			return Errorf(op, r.ID, store.ErrInvalid, "%v of a URL remain, want more than 0 and at most %v", u.Remaining, store.MaxTTL)
		}
	}
	const eon = 100 * store.MaxTTL
	d := r.Death
	switch {
	case r.Remaining < 0 || r.Remaining > store.MaxTTL:
		return Errorf(op, r.ID, store.ErrInvalid, "%v of a life remain, want 0 to %v", r.Remaining, store.MaxTTL)
	case r.Withdrawn < 0 || r.Withdrawn > eon:
		return Errorf(op, r.ID, store.ErrInvalid, "a death was withdrawn %v ago, want 0 to %v", r.Withdrawn, eon)
	case d == nil:
		return nil
	case r.Remaining > 0:
		return Errorf(op, r.ID, store.ErrInvalid, "the workspace is online and dead, want one of both")
	case d.Ago < -store.MaxTTL || d.Ago > eon || d.Since < -store.MaxTTL || d.Since > eon:
		return Errorf(op, r.ID, store.ErrInvalid, "a death of %v ago, since %v ago, want %v to %v", d.Ago, d.Since, -store.MaxTTL, eon)
	case d.Ago < 0 && !d.Adopted:
		return Errorf(op, r.ID, store.ErrInvalid, "a death of %v ago, want 0 or more, unless it is by Adopt", d.Ago)
	case d.Delay < 0 || d.Delay > store.MaxTTL:
		return Errorf(op, r.ID, store.ErrInvalid, "a death is delayed for %v, want 0 to %v", d.Delay, store.MaxTTL)
	case d.Attempt < 0 || d.Attempt > maxAttempt:
		return Errorf(op, r.ID, store.ErrInvalid, "a death was handed out %d times, want 0 to %d", d.Attempt, maxAttempt)
	}
	return nil
}

// maxAttempt is more often than a death can be handed out in a century.
const maxAttempt = 1 << 30
