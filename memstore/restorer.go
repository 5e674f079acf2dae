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
		err := s.setOnline(ctx, op, e.ID, func() bool {
			_, full := s.roster.Restore(e, func() { s.restoreURLs(e) })
			return !full
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// restoreURLs caches the URLs of an entry. A cached URL that is readable for longer stays.
func (s *Store) restoreURLs(e roster.Entry) {
	if s.public.peek(e.ID).Until < e.URL.Until {
		s.public.add(e.ID, e.URL.URL, e.URL.Until)
	}
	if s.internal.peek(e.ID).Until < e.InternalURL.Until {
		s.internal.add(e.ID, e.InternalURL.URL, e.InternalURL.Until)
	}
}
