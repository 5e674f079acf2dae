package driver

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Check is the first line of a method about one workspace. It returns a
// [*store.Error] if the id is illegal or the context is done, in this order.
func Check(ctx context.Context, op, id string) error {
	if err := store.CheckID(id); err != nil {
		return &store.Error{Op: op, ID: id, Err: err}
	}
	return checkContext(ctx, op, id)
}

// CheckCacheURL is [Check] for CacheURL and CacheInternalURL.
func CheckCacheURL(ctx context.Context, op, id, url string) error {
	if err := store.CheckID(id); err != nil {
		return &store.Error{Op: op, ID: id, Err: err}
	}
	if err := store.CheckURL(url); err != nil {
		return &store.Error{Op: op, ID: id, Err: err}
	}
	return checkContext(ctx, op, id)
}

// CheckMany is [Check] for a method about a list of workspaces. The error names
// the first illegal id. Without ids it is the check of a method about a shard or
// the whole store.
func CheckMany(ctx context.Context, op string, ids []string) error {
	for _, id := range ids {
		if err := store.CheckID(id); err != nil {
			return &store.Error{Op: op, ID: id, Err: err}
		}
	}
	return checkContext(ctx, op, "")
}

// CheckTTL is [Check] for SetOnline and RefreshTTL. It returns the liveness
// TTL that the call grants.
func CheckTTL(ctx context.Context, op, id string, ttls store.TTLs) (time.Duration, error) {
	if err := store.CheckID(id); err != nil {
		return 0, &store.Error{Op: op, ID: id, Err: err}
	}
	ttl, err := ttls.ForLiveness(id)
	if err != nil {
		return 0, &store.Error{Op: op, ID: id, Err: err}
	}
	return ttl, checkContext(ctx, op, id)
}

// CheckTTLs is [CheckMany] for RefreshMany. It returns the liveness TTL that
// the call grants to each workspace.
func CheckTTLs(ctx context.Context, op string, ids []string, ttls store.TTLs) ([]time.Duration, error) {
	granted := make([]time.Duration, len(ids))
	for i, id := range ids {
		err := store.CheckID(id)
		if err == nil {
			granted[i], err = ttls.ForLiveness(id)
		}
		if err != nil {
			return nil, &store.Error{Op: op, ID: id, Err: err}
		}
	}
	return granted, checkContext(ctx, op, "")
}

// CheckGrant is [Check] for SetOnlineFor and RefreshFor.
func CheckGrant(ctx context.Context, op, id string, ttl time.Duration) error {
	if err := store.CheckID(id); err != nil {
		return &store.Error{Op: op, ID: id, Err: err}
	}
	if ttl < store.MinTTL || ttl > store.MaxTTL {
		return Errorf(op, id, store.ErrInvalid, "the TTL is %v, want %v to %v", ttl, store.MinTTL, store.MaxTTL)
	}
	return checkContext(ctx, op, id)
}

// CheckRegister is [Check] for Register. An empty URL is legal there.
func CheckRegister(ctx context.Context, op, id string, ttls store.TTLs, urls ...string) (time.Duration, error) {
	if err := store.CheckID(id); err != nil {
		return 0, &store.Error{Op: op, ID: id, Err: err}
	}
	for _, url := range urls {
		if url == "" {
			continue
		}
		if err := store.CheckURL(url); err != nil {
			return 0, &store.Error{Op: op, ID: id, Err: err}
		}
	}
	return CheckTTL(ctx, op, id, ttls)
}

func checkContext(ctx context.Context, op, id string) error {
	if err := ctx.Err(); err != nil {
		return &store.Error{Op: op, ID: id, Err: err}
	}
	return nil
}
