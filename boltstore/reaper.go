package boltstore

import (
	"context"
	"strings"

	"github.com/molecule-ai/liveness/store/driver"
)

// Begin implements [driver.Reaper]. It returns when the attempt is on the disk,
// and the URLs are not, by one commit.
func (s *Store) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	const op = "Begin"
	if err := s.gate.Check(ctx, op, d.ID); err != nil {
		return driver.Lost, err
	}
	if standing := s.memory.roster.Standing(d); standing != driver.Held {
		return standing, nil
	}
	c := &begin{held{about: of(d.ID), death: d}}
	if err := s.do(ctx, op, c); err != nil {
		return driver.Lost, err
	}
	return c.standing, nil
}

// Acknowledge implements [driver.Reaper]. It returns when the death is ended on
// the disk; after an error the death may still be leased.
func (s *Store) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	const op = "Acknowledge"
	if err := s.gate.Check(ctx, op, d.ID); err != nil {
		return false, err
	}
	if s.memory.roster.Standing(d) != driver.Held { // the file knows of no such lease
		return s.memory.roster.Acknowledge(d), nil
	}
	c := &acknowledge{held: held{about: of(d.ID), death: d}}
	if err := s.do(ctx, op, c); err != nil {
		return false, err
	}
	return c.did, nil
}

// Withdraw implements [driver.Reaper]. It returns when the workspace is online
// on the disk.
func (s *Store) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	const op = "Withdraw"
	ttl, err := driver.CheckTTL(ctx, op, d.ID, s.ttls)
	if err != nil {
		return false, err
	}
	if err := s.gate.Open(op, d.ID); err != nil {
		return false, err
	}
	if s.memory.roster.Standing(d) != driver.Held {
		_, did := s.memory.roster.Withdraw(d, 0) // grants nothing
		return did, nil
	}
	c := &withdraw{held: held{about: of(d.ID), death: d}, ttl: ttl}
	if err := s.do(ctx, op, c); err != nil {
		return false, err
	}
	return c.did, nil
}

// Note implements [driver.Reaper]. It returns when the note is on the disk.
func (s *Store) Note(ctx context.Context, shard int, old, new string) (string, error) {
	const op = "Note"
	if err := s.gate.CheckMany(ctx, op, nil, driver.CheckShard(op, s, shard), driver.CheckNote(op, new)); err != nil {
		return "", err
	}
	if note := s.memory.roster.State().Note; note != old || note == new {
		return note, nil
	}
	c := &setNote{old: old, new: strings.Clone(new)}
	if err := s.do(ctx, op, c); err != nil {
		return "", err
	}
	return c.note, nil
}
