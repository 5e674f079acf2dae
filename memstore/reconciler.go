package memstore

import "context"

// Forget implements [driver.Reconciler].
func (s *Store) Forget(ctx context.Context, ids []string) error {
	const op = "Forget"
	if err := s.gate.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	return s.gate.Each(ctx, op, ids, func(i int) {
		s.roster.Forget(ids[i], func() { s.removeURLs(ids[i]) })
	})
}
