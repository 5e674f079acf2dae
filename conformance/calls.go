package conformance

import (
	"context"

	"github.com/molecule-ai/liveness/store"
)

// call is one method of a store, for checks that treat all methods alike.
type call struct {
	op string
	do func(ctx context.Context, id string) error
}

// calls returns every method but Close, those of the capabilities that the
// store has included. Each is about one workspace, named or in a list, but
// Online, Count and Ping.
func calls(s store.LivenessStore) []call {
	all := []call{
		{"SetOnline", s.SetOnline},
		{"RefreshTTL", s.RefreshTTL},
		{"IsOnline", func(ctx context.Context, id string) error { _, err := s.IsOnline(ctx, id); return err }},
		{"CacheURL", func(ctx context.Context, id string) error { return s.CacheURL(ctx, id, urlOf("new")) }},
		{"GetCachedURL", func(ctx context.Context, id string) error { _, err := s.GetCachedURL(ctx, id); return err }},
		{"CacheInternalURL", func(ctx context.Context, id string) error { return s.CacheInternalURL(ctx, id, urlOf("new")) }},
		{"GetCachedInternalURL", func(ctx context.Context, id string) error { _, err := s.GetCachedInternalURL(ctx, id); return err }},
		{"Clear", s.Clear},
	}
	if l, ok := store.As[store.Lister](s); ok {
		all = append(all, listerCalls(l)...)
	}
	if b, ok := store.As[store.Batcher](s); ok {
		all = append(all, batcherCalls(b)...)
	}
	if p, ok := store.As[store.Pinger](s); ok {
		all = append(all, call{"Ping", func(ctx context.Context, _ string) error { return p.Ping(ctx) }})
	}
	return all
}

func listerCalls(l store.Lister) []call {
	return []call{
		{"Online", func(ctx context.Context, _ string) (err error) {
			for _, err = range l.Online(ctx) {
			}
			return err
		}},
		{"Lookup", func(ctx context.Context, id string) error { _, err := l.Lookup(ctx, id); return err }},
		{"Count", func(ctx context.Context, _ string) error { _, err := l.Count(ctx); return err }},
	}
}

func batcherCalls(b store.Batcher) []call {
	return []call{
		{"RefreshMany", func(ctx context.Context, id string) error { _, err := b.RefreshMany(ctx, []string{id}); return err }},
		{"IsOnlineMany", func(ctx context.Context, id string) error { _, err := b.IsOnlineMany(ctx, []string{id}); return err }},
		{"ClearMany", func(ctx context.Context, id string) error { return b.ClearMany(ctx, []string{id}) }},
	}
}

// aboutAll reports whether the call takes no id.
func (m call) aboutAll() bool { return m.op == "Online" || m.op == "Count" || m.op == "Ping" }
