package store

import (
	"context"
	"errors"
)

// Heartbeat records that the workspace was heard from: it refreshes the
// workspace or, if that is not online, sets it online and reports registered.
//
// It is what a caller does with each heartbeat. RefreshTTL alone would leave
// a workspace that was offline for a moment offline for ever, though it is
// heard from every 30 s.
func Heartbeat(ctx context.Context, s LivenessStore, id string) (registered bool, err error) {
	err = s.RefreshTTL(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if err := s.SetOnline(ctx, id); err != nil {
		return false, err
	}
	return true, nil
}
