// Package transfer copies the contents of one store to another, and compares the two.
//
// Start with [Copy]. It resumes by doing everything again: a record that is restored
// again changes nothing (R11 of package driver), and later changes follow.
//
//	transfer.go  Copy, Same
//	verify.go    Verify: both stores, side by side
//	entry.go     the parts of a workspace that are compared
package transfer

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// perBatch is how many records are restored in one call.
const perBatch = 500

// Tally is how far a copy has come.
type Tally struct {
	Workspaces int           `json:"workspaces"` // read, and taken in or known better by the other store
	Online     int           `json:"online"`
	Dead       int           `json:"dead"`
	URLs       int           `json:"urls"`
	LeftOut    int           `json:"left_out"` // URLs that no store takes, as an older program cached them
	Took       time.Duration `json:"took"`
	Longest    time.Duration `json:"longest"` // that a record was under way
}

// Copy restores the records of src in dst, and tells progress after each batch. It
// only reads src, and never shortens a life in dst. After an error the tally counts
// the records that were restored before.
func Copy(ctx context.Context, src, dst store.LivenessStore, progress func(Tally)) (Tally, error) {
	from, to, err := restorers(src, dst)
	if err != nil {
		return Tally{}, err
	}
	c := copier{to: to, began: time.Now()}
	if err := c.clock.set(ctx, from); err != nil {
		return c.tally, err
	}
	for r, err := range from.Dump(ctx) {
		if err != nil {
			return c.tally, err
		}
		c.add(r)
		if len(c.batch) == perBatch {
			if err := c.flush(ctx); err != nil {
				return c.tally, err
			}
			progress(c.tally)
		}
	}
	err = c.flush(ctx)
	return c.tally, err
}

func restorers(src, dst store.LivenessStore) (from, to driver.Restorer, err error) {
	from, ok := store.As[driver.Restorer](src)
	if !ok {
		return nil, nil, &store.Error{Op: "Dump", Err: errors.ErrUnsupported}
	}
	to, ok = store.As[driver.Restorer](dst)
	if !ok {
		return nil, nil, &store.Error{Op: "Restore", Err: errors.ErrUnsupported}
	}
	return from, to, nil
}

type copier struct {
	to    driver.Restorer
	began time.Time
	clock clock // of the store that is read
	batch []driver.Record
	read  []time.Time // when each was read
	next  Tally       // of the batch
	tally Tally
}

func (c *copier) add(r driver.Record) {
	now := time.Now()
	c.read = append(c.read, now.Add(-c.clock.late(r.Now, now)))
	for _, u := range []*driver.CachedURL{&r.URL, &r.InternalURL} {
		switch {
		case u.URL == "":
		case store.CheckURL(u.URL) != nil:
			c.next.LeftOut++
			*u = driver.CachedURL{}
		default:
			c.next.URLs++
		}
	}
	c.next.Workspaces++
	switch {
	case r.Remaining > 0:
		c.next.Online++
	case r.Death != nil:
		c.next.Dead++
	}
	c.batch = append(c.batch, r)
}

// flush restores the batch, as it is by now.
func (c *copier) flush(ctx context.Context) error {
	if len(c.batch) == 0 {
		return nil
	}
	for i := range c.batch {
		c.batch[i] = c.batch[i].After(time.Since(c.read[i]))
	}
	if err := c.to.Restore(ctx, c.batch); err != nil {
		return err
	}
	c.tally.Longest = max(c.tally.Longest, time.Since(c.read[0]))
	c.tally.Workspaces += c.next.Workspaces
	c.tally.Online += c.next.Online
	c.tally.Dead += c.next.Dead
	c.tally.URLs += c.next.URLs
	c.tally.LeftOut += c.next.LeftOut
	c.tally.Took = time.Since(c.began)
	c.batch, c.read, c.next = c.batch[:0], c.read[:0], Tally{}
	return nil
}

// Same reports whether both are one store under two names. For a moment dst has
// a URL of a workspace that does not exist.
func Same(ctx context.Context, src, dst store.LivenessStore) (same bool, err error) {
	probe := "copy-" + rand.Text()
	defer func() { // also if ctx has ended, or the URL was cached and no answer came
		const clearTime = 5 * time.Second
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTime)
		defer cancel()
		err = errors.Join(err, dst.Clear(last, probe))
	}()
	if err := dst.CacheURL(ctx, probe, "http://"+probe); err != nil {
		return false, err
	}
	if _, err = src.GetCachedURL(ctx, probe); errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
