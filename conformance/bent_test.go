package conformance

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// bent is a ref whose methods can be replaced, each by itself.
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

	register                 func(ctx context.Context, id, url, internalURL string) error
	setOnlineFor, refreshFor func(ctx context.Context, id string, ttl time.Duration) error
	expire                   func(ctx context.Context, id string) error

	traits      func() driver.Traits
	sweep       func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error)
	claim       func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error)
	begin       func(ctx context.Context, d driver.Death) (driver.Standing, error)
	extend      func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error)
	acknowledge func(ctx context.Context, d driver.Death) (bool, error)
	release     func(ctx context.Context, d driver.Death, after time.Duration) (bool, error)
	withdraw    func(ctx context.Context, d driver.Death) (bool, error)
	note        func(ctx context.Context, shard int, old, next string) (string, error)
	allDeaths   func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error]
	adopt       func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error)
	forgetMany  func(ctx context.Context, ids []string) error
	sample      func(ctx context.Context, shard, n int) ([]string, error)
	look        func(ctx context.Context, ids []string) ([]driver.Sighting, error)
	discover    func(ctx context.Context, within time.Duration) (driver.Discovery, error)
	dump        func(ctx context.Context) iter.Seq2[driver.Record, error]
	restore     func(ctx context.Context, records []driver.Record) error
}

func newBent(r *ref, bend func(*bent)) *bent {
	b := &bent{
		ref: r, setOnline: r.SetOnline, refresh: r.RefreshTTL, clear: r.Clear, isOnline: r.IsOnline,
		cache: r.CacheURL, cacheInternal: r.CacheInternalURL,
		cached: r.GetCachedURL, cachedInternal: r.GetCachedInternalURL, close: r.Close,
		all: r.Online, lookup: r.Lookup, count: r.Count,
		refreshMany: r.RefreshMany, onlineMany: r.IsOnlineMany, clearMany: r.ClearMany, ping: r.Ping,
		register: r.Register, setOnlineFor: r.SetOnlineFor, refreshFor: r.RefreshFor, expire: r.Expire,
		traits: r.Traits, sweep: r.Sweep, claim: r.Claim, begin: r.Begin, extend: r.Extend,
		acknowledge: r.Acknowledge, release: r.Release, withdraw: r.Withdraw, note: r.Note,
		allDeaths: r.Deaths, adopt: r.Adopt, forgetMany: r.Forget, sample: r.Sample, look: r.Look,
		discover: r.Discover, dump: r.Dump, restore: r.Restore,
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

func (b *bent) Register(ctx context.Context, id, url, internalURL string) error {
	return b.register(ctx, id, url, internalURL)
}
func (b *bent) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	return b.setOnlineFor(ctx, id, ttl)
}
func (b *bent) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	return b.refreshFor(ctx, id, ttl)
}
func (b *bent) Expire(ctx context.Context, id string) error { return b.expire(ctx, id) }

func (b *bent) Traits() driver.Traits { return b.traits() }
func (b *bent) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	return b.sweep(ctx, shard, o)
}
func (b *bent) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	return b.claim(ctx, shard, o)
}
func (b *bent) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	return b.begin(ctx, d)
}
func (b *bent) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	return b.extend(ctx, leased, lease)
}
func (b *bent) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	return b.acknowledge(ctx, d)
}
func (b *bent) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	return b.release(ctx, d, after)
}
func (b *bent) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	return b.withdraw(ctx, d)
}
func (b *bent) Note(ctx context.Context, shard int, old, next string) (string, error) {
	return b.note(ctx, shard, old, next)
}
func (b *bent) Deaths(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
	return b.allDeaths(ctx, shard)
}
func (b *bent) Adopt(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
	return b.adopt(ctx, shard, ids, due)
}
func (b *bent) Forget(ctx context.Context, ids []string) error { return b.forgetMany(ctx, ids) }
func (b *bent) Sample(ctx context.Context, shard, n int) ([]string, error) {
	return b.sample(ctx, shard, n)
}
func (b *bent) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	return b.look(ctx, ids)
}

func (b *bent) Discover(ctx context.Context, within time.Duration) (driver.Discovery, error) {
	return b.discover(ctx, within)
}
func (b *bent) Dump(ctx context.Context) iter.Seq2[driver.Record, error] { return b.dump(ctx) }
func (b *bent) Restore(ctx context.Context, records []driver.Record) error {
	return b.restore(ctx, records)
}

// harness returns a harness for a bubble, with every promise, over stores
// that are all bent in the same way.
func harness(bend func(*bent)) Harness {
	l := &refServer{}
	open := func(d *data, ttls store.TTLs) store.LivenessStore {
		return newBent(&ref{data: d, refServer: l, ttls: ttls}, bend)
	}
	return Harness{
		Advance: time.Sleep,
		New:     func(_ testing.TB, ttls store.TTLs) store.LivenessStore { return open(newData(), ttls) },
		Reopen: func(_ testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
			return open(s.(*bent).data, ttls)
		},
		Join: func(_ testing.TB, s store.LivenessStore) store.LivenessStore {
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
