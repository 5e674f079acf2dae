package conformance

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// method is a method of a store, for checks that treat all methods alike.
type method struct {
	op string
	do func(ctx context.Context, id string) error
}

// methods returns every method but Close, those of the capabilities that the
// store has included. Each is about one workspace, named or in a list, but
// those that aboutAll names.
func methods(s store.LivenessStore) []method {
	all := []method{
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
		all = append(all, listerMethods(l)...)
	}
	if b, ok := store.As[store.Batcher](s); ok {
		all = append(all, batcherMethods(b)...)
	}
	if r, ok := store.As[store.Registrar](s); ok {
		all = append(all, method{"Register", func(ctx context.Context, id string) error {
			return r.Register(ctx, id, urlOf("new"), urlOf("new"))
		}})
	}
	if g, ok := store.As[store.Granter](s); ok {
		all = append(all,
			method{"SetOnlineFor", func(ctx context.Context, id string) error { return g.SetOnlineFor(ctx, id, time.Hour) }},
			method{"RefreshFor", func(ctx context.Context, id string) error { return g.RefreshFor(ctx, id, time.Hour) }})
	}
	if e, ok := store.As[store.Expirer](s); ok {
		all = append(all, method{"Expire", e.Expire})
	}
	if p, ok := store.As[store.Pinger](s); ok {
		all = append(all, method{"Ping", func(ctx context.Context, _ string) error { return p.Ping(ctx) }})
	}
	if r, ok := store.As[reaper](s); ok {
		all = append(all, reaperMethods(r)...)
	}
	if r, ok := store.As[driver.Sampler](s); ok {
		all = append(all,
			method{"Sample", func(ctx context.Context, _ string) error { _, err := r.Sample(ctx, 0, 1); return err }},
			method{"Look", func(ctx context.Context, id string) error { _, err := r.Look(ctx, []string{id}); return err }})
	}
	if d, ok := store.As[driver.Discoverer](s); ok {
		all = append(all, method{"Discover", func(ctx context.Context, _ string) error { _, err := d.Discover(ctx, time.Hour); return err }})
	}
	if r, ok := store.As[driver.Restorer](s); ok {
		all = append(all, restorerMethods(r)...)
	}
	return all
}

func restorerMethods(r driver.Restorer) []method {
	return []method{
		{"Dump", func(ctx context.Context, _ string) (err error) {
			for _, err = range r.Dump(ctx) {
			}
			return err
		}},
		{"Restore", func(ctx context.Context, id string) error {
			return r.Restore(ctx, []driver.Record{{ID: id, URL: driver.CachedURL{URL: urlOf("new"), Remaining: time.Hour}}})
		}},
	}
}

func listerMethods(l store.Lister) []method {
	return []method{
		{"Online", func(ctx context.Context, _ string) (err error) {
			for _, err = range l.Online(ctx) {
			}
			return err
		}},
		{"Lookup", func(ctx context.Context, id string) error { _, err := l.Lookup(ctx, id); return err }},
		{"Count", func(ctx context.Context, _ string) error { _, err := l.Count(ctx); return err }},
	}
}

func batcherMethods(b store.Batcher) []method {
	return []method{
		{"RefreshMany", func(ctx context.Context, id string) error { _, err := b.RefreshMany(ctx, []string{id}); return err }},
		{"IsOnlineMany", func(ctx context.Context, id string) error { _, err := b.IsOnlineMany(ctx, []string{id}); return err }},
		{"ClearMany", func(ctx context.Context, id string) error { return b.ClearMany(ctx, []string{id}) }},
	}
}

func reaperMethods(r reaper) []method {
	const shard, lease = 0, time.Second
	stranger := func(id string) driver.Death { return driver.Death{ID: id, Token: -1, Attempt: 1} }
	return []method{
		{"Sweep", func(ctx context.Context, _ string) error {
			_, err := r.Sweep(ctx, shard, driver.SweepOptions{Interval: lease})
			return err
		}},
		{"Claim", func(ctx context.Context, _ string) error {
			_, err := r.Claim(ctx, shard, driver.ClaimOptions{Max: 1, Lease: lease})
			return err
		}},
		{"Extend", func(ctx context.Context, _ string) error {
			_, err := r.Extend(ctx, []driver.Death{stranger("a")}, lease)
			return err
		}},
		{"Begin", func(ctx context.Context, id string) error { _, err := r.Begin(ctx, stranger(id)); return err }},
		{"Withdraw", func(ctx context.Context, id string) error { _, err := r.Withdraw(ctx, stranger(id)); return err }},
		{"Acknowledge", func(ctx context.Context, id string) error { _, err := r.Acknowledge(ctx, stranger(id)); return err }},
		{"Release", func(ctx context.Context, id string) error { _, err := r.Release(ctx, stranger(id), lease); return err }},
		{"Deaths", func(ctx context.Context, _ string) (err error) {
			for _, err = range r.Deaths(ctx, shard) {
			}
			return err
		}},
		{"Adopt", func(ctx context.Context, id string) (err error) {
			for shard := 0; shard < r.Traits().Shards && err == nil; shard++ {
				_, err = r.Adopt(ctx, shard, []string{id}, time.Now())
			}
			return err
		}},
		{"Forget", func(ctx context.Context, id string) error { return r.Forget(ctx, []string{id}) }},
		{"Note", func(ctx context.Context, _ string) error { _, err := r.Note(ctx, shard, "old", "new"); return err }},
	}
}

func (m method) aboutAll() bool { return aboutAll(m.op) }

// aboutAll reports whether the method takes no id. Extend takes the deaths that
// Claim has returned.
func aboutAll(op string) bool {
	return slices.Contains([]string{"Online", "Count", "Ping", "Sweep", "Claim", "Extend", "Deaths", "Note", "Sample", "Discover", "Dump"}, op)
}

// aboutMany reports whether the method takes a list of ids.
func aboutMany(op string) bool {
	return strings.HasSuffix(op, "Many") || op == "Adopt" || op == "Forget" || op == "Look" || op == "Restore"
}
