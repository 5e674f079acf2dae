package driver

import (
	"context"
	"iter"
	"time"
)

// Restorer is implemented by a [Reaper] whose data can be carried to another
// store. Its methods keep the clauses R10 and R11 of the package comment.
//
// A caller that carries a record for some time restores Record.After of that
// time. Two stores that are both in use cannot be merged so: Restore undoes nothing
// that its own store was told.
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

	// Withdrawn is how long ago Death.Since will be, for its next death, if the life is by
	// Withdraw. 0 means that it was heard from later.
	Withdrawn time.Duration `json:"withdrawn,omitzero"`

	Death       *DeathRecord `json:"death,omitzero"` // that is pending, detected or not; nil: there is none
	URL         CachedURL    `json:"url,omitzero"`
	InternalURL CachedURL    `json:"internal_url,omitzero"`
}

// DeathRecord is a pending death.
type DeathRecord struct {
	Ago     time.Duration `json:"ago"`              // since its Deadline; less than 0 if Adopt made it due later
	Since   time.Duration `json:"since"`            // time since Death.Since
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
