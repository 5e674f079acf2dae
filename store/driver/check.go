package driver

import (
	"cmp"
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Check is the first line of a method about one workspace. It returns a
// [*store.Error] if the id is illegal or the context is done, in this order.
func Check(ctx context.Context, op, id string) error {
	return fault(ctx, op, id, store.CheckID(id))
}

// CheckCacheURL is [Check] for CacheURL and CacheInternalURL.
func CheckCacheURL(ctx context.Context, op, id, url string) error {
	return fault(ctx, op, id, cmp.Or(store.CheckID(id), store.CheckURL(url)))
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
	return fault(ctx, op, "", nil)
}

// CheckTTL is [Check] for SetOnline and RefreshTTL. It returns the liveness
// TTL that the call grants.
func CheckTTL(ctx context.Context, op, id string, ttls store.TTLs) (time.Duration, error) {
	if err := store.CheckID(id); err != nil {
		return 0, &store.Error{Op: op, ID: id, Err: err}
	}
	ttl, err := ttls.ForLiveness(id)
	return ttl, fault(ctx, op, id, err)
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
	return granted, fault(ctx, op, "", nil)
}

// CheckGrant is [Check] for SetOnlineFor and RefreshFor.
func CheckGrant(ctx context.Context, op, id string, ttl time.Duration) error {
	if err := store.CheckID(id); err != nil {
		return &store.Error{Op: op, ID: id, Err: err}
	}
	if ttl < store.MinTTL || ttl > store.MaxTTL {
		return Errorf(op, id, store.ErrInvalid, "the TTL is %v, want %v to %v", ttl, store.MinTTL, store.MaxTTL)
	}
	return fault(ctx, op, id, nil)
}

// CheckRegister is [CheckTTL] for Register, and checks the URLs; an empty URL is legal.
func CheckRegister(ctx context.Context, op, id string, ttls store.TTLs, urls ...string) (time.Duration, error) {
	err := store.CheckID(id)
	for _, url := range urls {
		if url != "" {
			err = cmp.Or(err, store.CheckURL(url))
		}
	}
	if err != nil {
		return 0, &store.Error{Op: op, ID: id, Err: err}
	}
	return CheckTTL(ctx, op, id, ttls)
}

// fault returns err, or else the error of the context, as an error of op.
func fault(ctx context.Context, op, id string, err error) error {
	if err == nil {
		if err = ctx.Err(); err == nil {
			return nil
		}
	}
	return &store.Error{Op: op, ID: id, Err: err}
}
