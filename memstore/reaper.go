package memstore

import (
	"context"
	"strings"

	"github.com/molecule-ai/liveness/store/driver"
)

// Begin implements [driver.Reaper].
func (s *Store) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	if err := s.gate.Check(ctx, "Begin", d.ID); err != nil {
		return driver.Lost, err
	}
	return s.roster.Begin(d, func() { s.removeURLs(d.ID) }), nil
}

// Acknowledge implements [driver.Reaper].
func (s *Store) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	if err := s.gate.Check(ctx, "Acknowledge", d.ID); err != nil {
		return false, err
	}
	return s.roster.Acknowledge(d), nil
}

// Withdraw implements [driver.Reaper].
func (s *Store) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	const op = "Withdraw"
	ttl, err := driver.CheckTTL(ctx, op, d.ID, s.ttls)
	if err != nil {
		return false, err
	}
	if err := s.gate.Open(op, d.ID); err != nil {
		return false, err
	}
	_, held := s.roster.Withdraw(d, s.roster.Now()+ttl)
	return held, nil
}

// Note implements [driver.Reaper].
func (s *Store) Note(ctx context.Context, shard int, old, note string) (string, error) {
	const op = "Note"
	if err := s.gate.CheckMany(ctx, op, nil, driver.CheckShard(op, s, shard), driver.CheckNote(op, note)); err != nil {
		return "", err
	}
	return s.roster.Note(old, strings.Clone(note)), nil
}
