package store

import "context"

// Registrar is implemented by a store that registers a workspace and its URLs
// in one atomic step.
type Registrar interface {
	// Register is SetOnline, CacheURL and CacheInternalURL in one step that is
	// seen whole or not at all. An empty URL leaves the cached one as it is.
	Register(ctx context.Context, id, url, internalURL string) error
}

// Register calls the Register of the store's [Registrar], or, if the store has
// none, CacheURL, CacheInternalURL and SetOnline, in this order: a workspace
// that is seen online can be reached. If one of these calls fails, the others
// before it have had their effect.
func Register(ctx context.Context, s LivenessStore, id, url, internalURL string) error {
	if r, ok := As[Registrar](s); ok {
		return r.Register(ctx, id, url, internalURL)
	}
	if url != "" {
		if err := s.CacheURL(ctx, id, url); err != nil {
			return err
		}
	}
	if internalURL != "" {
		if err := s.CacheInternalURL(ctx, id, internalURL); err != nil {
			return err
		}
	}
	return s.SetOnline(ctx, id)
}
