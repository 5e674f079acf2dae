package boltstore

import "context"

// ClearMany implements [store.Batcher]. It returns when all workspaces are
// forgotten on the disk.
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	return s.doEach(ctx, "ClearMany", ids, func(w target) change { return &clearWorkspace{w} })
}
