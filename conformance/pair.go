package conformance

import (
	"context"
	"errors"
	"math/bits"
	"sync/atomic"

	"github.com/molecule-ai/liveness/store"
)

// pair is two stores over the same data, which are called in turns. What one of them
// keeps to itself shows.
type pair struct {
	of    [2]store.LivenessStore
	calls atomic.Int64
}

// Unwrap returns the store that has the turn, in an order that no loop of a check
// keeps step with.
func (p *pair) Unwrap() store.LivenessStore {
	return p.of[bits.OnesCount64(uint64(p.calls.Add(1)))%2]
}

func (p *pair) SetOnline(ctx context.Context, id string) error {
	return p.Unwrap().SetOnline(ctx, id)
}

func (p *pair) RefreshTTL(ctx context.Context, id string) error {
	return p.Unwrap().RefreshTTL(ctx, id)
}

func (p *pair) IsOnline(ctx context.Context, id string) (bool, error) {
	return p.Unwrap().IsOnline(ctx, id)
}

func (p *pair) CacheURL(ctx context.Context, id, url string) error {
	return p.Unwrap().CacheURL(ctx, id, url)
}

func (p *pair) GetCachedURL(ctx context.Context, id string) (string, error) {
	return p.Unwrap().GetCachedURL(ctx, id)
}

func (p *pair) CacheInternalURL(ctx context.Context, id, url string) error {
	return p.Unwrap().CacheInternalURL(ctx, id, url)
}

func (p *pair) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return p.Unwrap().GetCachedInternalURL(ctx, id)
}

func (p *pair) Clear(ctx context.Context, id string) error { return p.Unwrap().Clear(ctx, id) }

func (p *pair) Close() error { return errors.Join(p.of[0].Close(), p.of[1].Close()) }
