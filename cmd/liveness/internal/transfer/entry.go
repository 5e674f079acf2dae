package transfer

import (
	"context"
	"fmt"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// entry is the part of a record that is compared. Times are by the clock of its store.
type entry struct {
	online   bool
	deadline time.Time // of the life, or of the death; zero: there is neither
	dead     bool
	attempt  int
	urls     [2]cached
}

type cached struct {
	url string
	end time.Time
}

// side is all entries of one store.
type side struct {
	entries map[string]entry

	clock clock
}

// clock knows by how much the clock of a store is behind that of this process: the
// least that was seen, since an answer takes time.
type clock struct {
	behind time.Duration
	known  bool
}

// set reads a few first records.
func (c *clock) set(ctx context.Context, from driver.Restorer) error {
	const reads = 5
	for range reads {
		for r, err := range from.Dump(ctx) {
			if err != nil {
				return err
			}
			c.late(r.Now, time.Now())
			break
		}
	}
	return nil
}

// late returns how much longer than the fastest answer one took that is of a moment
// by the clock of the store. That clock may be set meanwhile: it is trusted no
// further than a second.
func (c *clock) late(moment, now time.Time) time.Duration {
	const most = time.Second
	behind := now.Round(0).Sub(moment.Round(0)) // both by the time of day
	if !c.known || behind < c.behind {
		c.behind, c.known = behind, true
	}
	return min(behind-c.behind, most)
}

func read(ctx context.Context, from driver.Restorer, progress func(n int)) (side, error) {
	const step = 5000
	s := side{entries: make(map[string]entry)}
	if err := s.clock.set(ctx, from); err != nil {
		return side{}, err
	}
	for r, err := range from.Dump(ctx) {
		if err != nil {
			return side{}, err
		}
		s.clock.late(r.Now, time.Now())
		s.entries[r.ID] = newEntry(r)
		if len(s.entries)%step == 0 {
			progress(len(s.entries))
		}
	}
	return s, nil
}

func newEntry(r driver.Record) entry {
	now := r.Now.Round(0)
	e := entry{online: r.Remaining > 0}
	for i, u := range []driver.CachedURL{r.URL, r.InternalURL} {
		if u.URL != "" {
			e.urls[i] = cached{u.URL, now.Add(u.Remaining)}
		}
	}
	switch d := r.Death; {
	case e.online:
		e.deadline = now.Add(r.Remaining)
	case d != nil:
		e.deadline, e.dead, e.attempt = now.Add(-d.Ago), true, d.Attempt
	}
	return e
}

func (e entry) String() string {
	switch {
	case e.online:
		return fmt.Sprintf("online until %s", e.deadline.Format(time.StampMilli))
	case e.dead:
		return fmt.Sprintf("dead since %s, handed out %d times", e.deadline.Format(time.StampMilli), e.attempt)
	}
	return "neither online nor dead"
}
