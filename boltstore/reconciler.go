package boltstore

import "context"

// Forget implements [driver.Reconciler]. It returns when the workspaces are
// forgotten on the disk.
func (s *Store) Forget(ctx context.Context, ids []string) error {
	return s.doEach(ctx, "Forget", ids, func(a about) change { return &forget{about: a} })
}
