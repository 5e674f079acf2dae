package mapstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

var _ driver.Reaper = (*Store)(nil)

// Traits implements driver.Reaper.
func (s *Store) Traits() driver.Traits {
	return driver.Traits{Shards: 1, TTLs: s.ttls, Local: true}
}

// checkShard is the first line of a method about a shard, where invalid is the
// error of its other arguments.
func (s *Store) checkShard(ctx context.Context, op string, shard int, invalid error, ids ...string) error {
	if err := driver.CheckShard(op, s, shard); err != nil {
		return err
	}
	if invalid != nil {
		return invalid
	}
	return driver.CheckMany(ctx, op, ids)
}

// Claim implements driver.Reaper.
func (s *Store) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	if err := s.checkShard(ctx, "Claim", shard, o.Check("Claim")); err != nil {
		return nil, err
	}
	return step(s, "Claim", "", func(now time.Time) (claimed []driver.Death, _ error) {
		for _, w := range s.claimable(now, o) {
			s.token++
			w.lease = &lease{token: s.token, end: now.Add(o.Lease)}
			d := w.death.Death
			d.Token, d.Attempt = s.token, d.Attempt+1
			claimed = append(claimed, d)
		}
		return claimed, nil
	})
}

// claimable returns the workspaces whose deaths may be leased, in the order of
// R2.
func (s *Store) claimable(now time.Time, o driver.ClaimOptions) (ready []*workspace) {
	if now.Before(s.graceEnd) {
		return nil
	}
	for _, w := range s.workspaces {
		if w.death == nil || now.Before(w.ready()) {
			continue
		}
		d, early := w.death, o.Before.IsZero() || !w.death.Deadline.After(o.Before)
		if d.Expired || early && !o.Expired {
			ready = append(ready, w)
		}
	}
	slices.SortFunc(ready, func(a, b *workspace) int {
		if a.death.Expired != b.death.Expired {
			if a.death.Expired {
				return -1
			}
			return 1
		}
		if c := a.ready().Compare(b.ready()); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	return ready[:min(o.Max, len(ready))]
}

// Begin implements driver.Reaper.
func (s *Store) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	if err := driver.Check(ctx, "Begin", d.ID); err != nil {
		return driver.Lost, err
	}
	return step(s, "Begin", d.ID, func(now time.Time) (driver.Standing, error) {
		w := s.find(d.ID)
		standing := w.standing(d, now)
		if standing == driver.Held {
			s.handOut(w, now)
		}
		return standing, nil
	})
}

func (s *Store) handOut(w *workspace, now time.Time) {
	if w.death.Attempt == 0 {
		w.urls = [allURLs]url{}
	}
	w.death.Attempt++
	w.recent = now.Add(s.Traits().Liveness())
}

// Extend implements driver.Reaper.
func (s *Store) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	if err := driver.CheckLease("Extend", lease); err != nil {
		return nil, err
	}
	ids := make([]string, len(leased))
	for i, d := range leased {
		ids[i] = d.ID
	}
	if err := driver.CheckMany(ctx, "Extend", ids); err != nil {
		return nil, err
	}
	return step(s, "Extend", "", func(now time.Time) (standings []driver.Standing, _ error) {
		for _, d := range leased {
			w := s.find(d.ID)
			standing := w.standing(d, now)
			if standing != driver.Lost {
				w.lease.end = now.Add(lease)
			}
			standings = append(standings, standing)
		}
		return standings, nil
	})
}

// Acknowledge implements driver.Reaper.
func (s *Store) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	return s.settle(ctx, "Acknowledge", d, nil, func(w *workspace, held bool, now time.Time) {
		if held {
			w.death, w.recent = nil, now.Add(s.Traits().Liveness())
		}
	})
}

// Release implements driver.Reaper.
func (s *Store) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	return s.settle(ctx, "Release", d, driver.CheckDelay("Release", after), func(w *workspace, held bool, now time.Time) {
		if held {
			w.death.due = now.Add(after)
		}
	})
}

// Withdraw implements driver.Reaper.
func (s *Store) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	ttl, err := s.ttls.ForLiveness(d.ID)
	if err != nil {
		err = &store.Error{Op: "Withdraw", ID: d.ID, Err: err}
	}
	return s.settle(ctx, "Withdraw", d, err, func(w *workspace, held bool, now time.Time) {
		if held {
			since := w.death.Since
			w.try(now.Add(ttl))
			w.since = since
		}
	})
}

// settle ends the lease of d if the caller is the holder. Before that, end is
// told whether d is still the death of the workspace.
func (s *Store) settle(ctx context.Context, op string, d driver.Death, invalid error, end func(w *workspace, held bool, now time.Time)) (bool, error) {
	if invalid != nil {
		return false, invalid
	}
	if err := driver.Check(ctx, op, d.ID); err != nil {
		return false, err
	}
	return step(s, op, d.ID, func(now time.Time) (bool, error) {
		w := s.find(d.ID)
		standing := w.standing(d, now)
		if standing == driver.Lost {
			return false, nil
		}
		end(w, standing == driver.Held, now)
		w.endLease(now)
		return true, nil
	})
}

// Note implements driver.Reaper.
func (s *Store) Note(ctx context.Context, shard int, old, next string) (string, error) {
	if err := s.checkShard(ctx, "Note", shard, driver.CheckNote("Note", next)); err != nil {
		return "", err
	}
	return step(s, "Note", "", func(time.Time) (string, error) {
		if s.note == old {
			s.note = strings.Clone(next)
		}
		return s.note, nil
	})
}
