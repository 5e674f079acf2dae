package boltstore

import (
	"context"
	"strings"

	"github.com/molecule-ai/liveness/store/driver"
)

// Begin implements [driver.Reaper]. It returns when one commit has counted the attempt
// and removed the URLs.
func (s *Store) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	const op = "Begin"
	if err := s.gate.Check(ctx, op, d.ID); err != nil {
		return driver.Lost, err
	}
	if standing := s.memory.roster.Standing(d); standing != driver.Held {
		return standing, nil
	}
	c := &begin{byHolder{target: targetOf(d.ID), death: d}}
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
	if s.memory.roster.Standing(d) != driver.Held { // the file has no lease that could end
		return s.memory.roster.Acknowledge(d), nil
	}
	c := &acknowledge{byHolder: byHolder{target: targetOf(d.ID), death: d}}
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
	c := &withdraw{byHolder: byHolder{target: targetOf(d.ID), death: d}, ttl: ttl}
	if err := s.do(ctx, op, c); err != nil {
		return false, err
	}
	return c.did, nil
}

// Note implements [driver.Reaper]. It returns when the note is on the disk.
func (s *Store) Note(ctx context.Context, shard int, old, note string) (string, error) {
	const op = "Note"
	if err := s.gate.CheckMany(ctx, op, nil, driver.CheckShard(op, s, shard), driver.CheckNote(op, note)); err != nil {
		return "", err
	}
	if kept := s.memory.roster.State().Note; kept != old || kept == note {
		return kept, nil
	}
	c := &setNote{old: old, note: strings.Clone(note)}
	if err := s.do(ctx, op, c); err != nil {
		return "", err
	}
	return c.answer, nil
}
