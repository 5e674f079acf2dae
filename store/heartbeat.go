package store

import (
	"context"
	"errors"
)

// Heartbeat records that the workspace was heard from: it refreshes the
// workspace or, if that is not online, sets it online and reports registered.
// Registered means that the workspace was offline: its URLs may have been
// forgotten, so cache them again.
//
// Call it for each heartbeat of a workspace that should be online. RefreshTTL
// alone would leave a workspace that was offline for a moment offline, though
// it is heard from every 30 s. Heartbeat registers every id that it is given: do
// not call it for a workspace that its owner has stopped or deleted.
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
