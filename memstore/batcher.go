package memstore

import "context"

// ClearMany implements [store.Batcher].
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	const op = "ClearMany"
	if err := s.gate.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	return s.gate.Each(ctx, op, ids, func(i int) { s.clear(ids[i]) })
}
