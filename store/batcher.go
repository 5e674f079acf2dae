package store

import (
	"context"
	"errors"
)

// Batcher is implemented by a store that handles many workspaces in one call
// for less than the same calls one by one.
//
// The answers stand in the order of the ids. An id may occur more than once,
// and an empty list succeeds. One illegal id fails the whole call with
// ErrInvalid, naming the id, before anything is done. A call is not atomic
// across ids: after any other error the slice is nil and any of the ids may
// have been handled. Where a store has several servers and one is away, the ids
// of the others are handled before the error is returned.
type Batcher interface {
	// RefreshMany is RefreshTTL of each id and reports which were online, and
	// so were refreshed.
	RefreshMany(ctx context.Context, ids []string) ([]bool, error)

	// IsOnlineMany is IsOnline of each id.
	IsOnlineMany(ctx context.Context, ids []string) ([]bool, error)

	// ClearMany is Clear of each id.
	ClearMany(ctx context.Context, ids []string) error
}

// RefreshMany calls the RefreshMany of the store's [Batcher], or RefreshTTL
// for one id after the other if the store has none.
func RefreshMany(ctx context.Context, s LivenessStore, ids []string) ([]bool, error) {
	if b, ok := As[Batcher](s); ok {
		return b.RefreshMany(ctx, ids)
	}
	return each(ctx, "RefreshMany", ids, func(id string) (bool, error) {
		err := s.RefreshTTL(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		return true, err
	})
}

// IsOnlineMany calls the IsOnlineMany of the store's [Batcher], or IsOnline
// for one id after the other if the store has none.
func IsOnlineMany(ctx context.Context, s LivenessStore, ids []string) ([]bool, error) {
	if b, ok := As[Batcher](s); ok {
		return b.IsOnlineMany(ctx, ids)
	}
	return each(ctx, "IsOnlineMany", ids, func(id string) (bool, error) {
		return s.IsOnline(ctx, id)
	})
}

// ClearMany calls the ClearMany of the store's [Batcher], or Clear for one id
// after the other if the store has none.
func ClearMany(ctx context.Context, s LivenessStore, ids []string) error {
	if b, ok := As[Batcher](s); ok {
		return b.ClearMany(ctx, ids)
	}
	_, err := each(ctx, "ClearMany", ids, func(id string) (bool, error) {
		return true, s.Clear(ctx, id)
	})
	return err
}

func each(ctx context.Context, op string, ids []string, do func(id string) (bool, error)) ([]bool, error) {
	for _, id := range ids {
		if err := CheckID(id); err != nil {
			return nil, &Error{Op: op, ID: id, Err: err}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	answers := make([]bool, len(ids))
	for i, id := range ids {
		answer, err := do(id)
		if err != nil {
			return nil, err
		}
		answers[i] = answer
	}
	return answers, nil
}
