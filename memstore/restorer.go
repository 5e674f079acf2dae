package memstore

import (
	"context"

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store/driver"
)

// Restore implements [driver.Restorer].
func (s *Store) Restore(ctx context.Context, records []driver.Record) error {
	const op = "Restore"
	now := s.roster.Now()
	if err := s.gate.CheckRecords(ctx, op, records); err != nil {
		return err
	}
	for i := range records {
		if err := s.gate.CheckMany(ctx, op, nil); err != nil {
			return err
		}
		e := roster.NewEntry(records[i], now)
		err := s.set(ctx, op, e.ID, func() bool {
			_, full := s.roster.Restore(e, func() { s.takeInURLs(e) })
			return !full
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) takeInURLs(e roster.Entry) {
	for i, u := range []*urlCache{s.public, s.internal} {
		u.addIfLater(e.ID, e.URLs[i].URL, e.URLs[i].Until)
	}
}
