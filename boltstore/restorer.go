package boltstore

import (
	"context"
	"slices"
	"strings"

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store/driver"
)

// Restore implements [driver.Restorer]. It returns when the records are on the disk.
func (s *Store) Restore(ctx context.Context, records []driver.Record) error {
	const op = "Restore"
	now := s.memory.roster.Now()
	if err := s.gate.CheckRecords(ctx, op, records); err != nil {
		return err
	}
	for some := range slices.Chunk(records, perCommit/2) {
		var changes []change
		for _, r := range some {
			e := roster.NewEntry(r, now)
			c := &restore{target: targetOf(r.ID), entry: e}
			c.entry.ID, c.entry.URL.URL, c.entry.InternalURL.URL = c.id, strings.Clone(e.URL.URL), strings.Clone(e.InternalURL.URL)
			changes = append(changes, c)
		}
		if err := s.do(ctx, op, changes...); err != nil {
			return err
		}
	}
	return nil
}
