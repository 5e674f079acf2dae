package redisstore

import (
	"context"

	"github.com/molecule-ai/liveness/store"
)

// usable returns the error of a context that is done, or of a closed store.
func (s *Store) usable(ctx context.Context, op string) error {
	if err := store.CheckMany(ctx, op, nil); err != nil {
		return err
	}
	if s.closed.Load() {
		return s.translate(ctx, op, "", errClosed)
	}
	return nil
}

// checkReap returns the first error of the arguments, else that of the
// context.
func checkReap(ctx context.Context, op string, arguments ...error) error {
	for _, err := range arguments {
		if err != nil {
			return err
		}
	}
	return store.CheckMany(ctx, op, nil)
}
