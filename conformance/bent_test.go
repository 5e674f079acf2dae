package conformance

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// bent is a ref of which each method can be replaced.
type bent struct {
	*ref
	setOnline, refresh, clear func(ctx context.Context, id string) error
	isOnline                  func(ctx context.Context, id string) (bool, error)
	cache, cacheInternal      func(ctx context.Context, id, url string) error
	cached, cachedInternal    func(ctx context.Context, id string) (string, error)
	close                     func() error
	all                       func(ctx context.Context) iter.Seq2[store.Status, error]
	lookup                    func(ctx context.Context, id string) (store.Status, error)
	count                     func(ctx context.Context) (int, error)
	refreshMany, onlineMany   func(ctx context.Context, ids []string) ([]bool, error)
	clearMany                 func(ctx context.Context, ids []string) error
	ping                      func(ctx context.Context) error

	sweep       func(ctx context.Context, shard int, w store.Watch) (store.Sweep, error)
	claim       func(ctx context.Context, shard int, q store.Quota) ([]store.Death, error)
	extend      func(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error)
	acknowledge func(ctx context.Context, d store.Death) (bool, error)
	putBack     func(ctx context.Context, d store.Death, after time.Duration) (bool, error)
	allDeaths   func(ctx context.Context, shard int) iter.Seq2[store.Death, error]
	adopt       func(ctx context.Context, shard int, ids []string) error
	disown      func(ctx context.Context, ids []string) error
	note        func(ctx context.Context, shard int, old, new string) (string, error)
}

func newBent(r *ref, bend func(*bent)) *bent {
	b := &bent{
		ref: r, setOnline: r.SetOnline, refresh: r.RefreshTTL, clear: r.Clear, isOnline: r.IsOnline,
		cache: r.CacheURL, cacheInternal: r.CacheInternalURL,
		cached: r.GetCachedURL, cachedInternal: r.GetCachedInternalURL, close: r.Close,
		all: r.Online, lookup: r.Lookup, count: r.Count,
		refreshMany: r.RefreshMany, onlineMany: r.IsOnlineMany, clearMany: r.ClearMany, ping: r.Ping,
		sweep: r.Sweep, claim: r.Claim, extend: r.Extend, acknowledge: r.Acknowledge, putBack: r.PutBack,
		allDeaths: r.Deaths, adopt: r.Adopt, disown: r.Disown, note: r.Note,
	}
	bend(b)
	return b
}

func (b *bent) SetOnline(ctx context.Context, id string) error        { return b.setOnline(ctx, id) }
func (b *bent) RefreshTTL(ctx context.Context, id string) error       { return b.refresh(ctx, id) }
func (b *bent) IsOnline(ctx context.Context, id string) (bool, error) { return b.isOnline(ctx, id) }
func (b *bent) CacheURL(ctx context.Context, id, url string) error    { return b.cache(ctx, id, url) }
func (b *bent) GetCachedURL(ctx context.Context, id string) (string, error) {
	return b.cached(ctx, id)
}
func (b *bent) CacheInternalURL(ctx context.Context, id, url string) error {
	return b.cacheInternal(ctx, id, url)
}
func (b *bent) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	return b.cachedInternal(ctx, id)
}
func (b *bent) Clear(ctx context.Context, id string) error { return b.clear(ctx, id) }
func (b *bent) Close() error                               { return b.close() }

func (b *bent) Online(ctx context.Context) iter.Seq2[store.Status, error] { return b.all(ctx) }
func (b *bent) Lookup(ctx context.Context, id string) (store.Status, error) {
	return b.lookup(ctx, id)
}
func (b *bent) Count(ctx context.Context) (int, error) { return b.count(ctx) }
func (b *bent) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	return b.refreshMany(ctx, ids)
}
func (b *bent) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	return b.onlineMany(ctx, ids)
}
func (b *bent) ClearMany(ctx context.Context, ids []string) error { return b.clearMany(ctx, ids) }
func (b *bent) Ping(ctx context.Context) error                    { return b.ping(ctx) }

func (b *bent) Sweep(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
	return b.sweep(ctx, shard, w)
}
func (b *bent) Claim(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
	return b.claim(ctx, shard, q)
}
func (b *bent) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	return b.extend(ctx, held, lease)
}
func (b *bent) Acknowledge(ctx context.Context, d store.Death) (bool, error) {
	return b.acknowledge(ctx, d)
}
func (b *bent) PutBack(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
	return b.putBack(ctx, d, after)
}
func (b *bent) Deaths(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
	return b.allDeaths(ctx, shard)
}
func (b *bent) Adopt(ctx context.Context, shard int, ids []string) error {
	return b.adopt(ctx, shard, ids)
}
func (b *bent) Disown(ctx context.Context, ids []string) error { return b.disown(ctx, ids) }
func (b *bent) Note(ctx context.Context, shard int, old, new string) (string, error) {
	return b.note(ctx, shard, old, new)
}

// harness returns a harness for a bubble, with every promise, over stores
// that are all bent in the same way.
func harness(bend func(*bent)) Harness {
	l := &lab{}
	open := func(d *data, ttls store.TTLs) store.LivenessStore {
		return newBent(&ref{data: d, lab: l, ttls: ttls}, bend)
	}
	return Harness{
		Advance: time.Sleep,
		New:     func(_ testing.TB, ttls store.TTLs) store.LivenessStore { return open(newData(), ttls) },
		Reopen: func(_ testing.TB, s store.LivenessStore) store.LivenessStore {
			return open(s.(*bent).data, s.(*bent).ttls)
		},
		Break: func(testing.TB) func() {
			l.Lock()
			defer l.Unlock()
			l.away = make(chan struct{})
			return func() {
				l.Lock()
				defer l.Unlock()
				close(l.away)
				l.away = nil
			}
		},
	}
}
