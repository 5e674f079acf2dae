package monitored

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestMemoryUnderTheMonitor(t *testing.T) { Run(t, harness(nil)) }

// harness is of stores in memory. One that joins another is another bent over the same data.
func harness(bend func(*bent)) conformance.Harness {
	open := func(t testing.TB, s *memstore.Store) store.LivenessStore {
		b := &bent{Store: s}
		t.Cleanup(func() { time.Sleep(time.Minute) }) // the goroutines of a mutant end before the bubble does
		if bend != nil {
			bend(b)
		}
		return b
	}
	return conformance.Harness{
		Bubble: true,
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			s, err := memstore.New(memstore.Options{TTLs: ttls})
			require.NoError(t, err)
			return open(t, s)
		},
		Join: func(t testing.TB, s store.LivenessStore) store.LivenessStore { return open(t, s.(*bent).Store) },
	}
}

// bent is a store, or what a faulty monitor makes of it. A method that is nil is as it
// should be.
type bent struct {
	*memstore.Store
	refresh func(ctx context.Context, id string) error
	sweep   func(context.Context, int, driver.SweepOptions) (driver.SweepResult, error)
	claim   func(context.Context, int, driver.ClaimOptions) ([]driver.Death, error)
	begin   func(context.Context, driver.Death) (driver.Standing, error)
	extend  func(context.Context, []driver.Death, time.Duration) ([]driver.Standing, error)
	acked   func(context.Context, driver.Death) (bool, error)
	release func(context.Context, driver.Death, time.Duration) (bool, error)
}

func (b *bent) RefreshTTL(ctx context.Context, id string) error {
	if b.refresh != nil {
		return b.refresh(ctx, id)
	}
	return b.Store.RefreshTTL(ctx, id)
}

func (b *bent) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	if b.sweep != nil {
		return b.sweep(ctx, shard, o)
	}
	return b.Store.Sweep(ctx, shard, o)
}

func (b *bent) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	if b.claim != nil {
		return b.claim(ctx, shard, o)
	}
	return b.Store.Claim(ctx, shard, o)
}

func (b *bent) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	if b.begin != nil {
		return b.begin(ctx, d)
	}
	return b.Store.Begin(ctx, d)
}

func (b *bent) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	if b.extend != nil {
		return b.extend(ctx, leased, lease)
	}
	return b.Store.Extend(ctx, leased, lease)
}

func (b *bent) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	if b.acked != nil {
		return b.acked(ctx, d)
	}
	return b.Store.Acknowledge(ctx, d)
}

func (b *bent) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	if b.release != nil {
		return b.release(ctx, d, after)
	}
	return b.Store.Release(ctx, d, after)
}

// leasesOfOneStore has each store claim what another one holds, and keep what it claimed.
func leasesOfOneStore() func(*bent) {
	var mu sync.Mutex
	held := map[string]*bent{}
	return func(b *bent) {
		b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
			mu.Lock()
			defer mu.Unlock()
			o.Lease = store.MinTTL
			deaths, err := b.Store.Claim(ctx, shard, o)
			deaths = slices.DeleteFunc(deaths, func(d driver.Death) bool { return held[d.ID] == b })
			for _, d := range deaths {
				held[d.ID] = b
			}
			return deaths, err
		}
		b.extend = func(_ context.Context, leased []driver.Death, _ time.Duration) ([]driver.Standing, error) {
			return slices.Repeat([]driver.Standing{driver.Held}, len(leased)), nil
		}
	}
}

func TestEachMutantIsFound(t *testing.T) {
	blamed := map[string]bool{}
	never := func(b *bent) {
		b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
			o.Lease = store.MaxTTL
			return b.Store.Claim(ctx, shard, o)
		}
	}
	for name, m := range map[string]struct {
		story, finds string
		bend         func(*bent)
		tries        int // where chance decides; 0: one
	}{
		"a heartbeat is acknowledged and forgotten": {"each death", "is online for", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				on, err := b.IsOnline(ctx, id)
				if err == nil && !on {
					return store.ErrNotFound
				}
				return err
			}
		}, 0},
		"no death is detected": {"each death", "did not come true", func(b *bent) {
			b.claim = func(context.Context, int, driver.ClaimOptions) ([]driver.Death, error) { return nil, nil }
		}, 0},
		"the next deadline is told too late": {"each death", "after its deadline", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				r, err := b.Store.Sweep(ctx, shard, o)
				r.Next += time.Minute
				return r, err
			}
		}, 0},
		"an acknowledgement is lost": {"each death", "times, want 1", func(b *bent) {
			b.acked = func(context.Context, driver.Death) (bool, error) { return true, nil }
		}, 0},
		"only the first death of a workspace is leased": {"falls silent again", "did not come true", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				deaths, err := b.Store.Claim(ctx, shard, o)
				kept := deaths[:0]
				for _, d := range deaths {
					if d.Token < 2 {
						kept = append(kept, d)
					}
				}
				return kept, err
			}
		}, 0},
		"a comeback does not end the death": {"comes back in time", "is online for", func(b *bent) {
			var known sync.Map
			b.refresh = func(ctx context.Context, id string) error {
				err := b.Store.RefreshTTL(ctx, id)
				if _, again := known.LoadOrStore(id, true); again && errors.Is(err, store.ErrNotFound) {
					return errors.Join(b.SetOnline(ctx, id), b.Expire(ctx, id))
				}
				return err
			}
		}, 0},
		"a comeback before the hand-out is overlooked": {"just before the hand-out", "online for", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				_, err := b.Store.Begin(ctx, d)
				return driver.Held, err
			}
		}, 0},
		"a failed handler is acknowledged": {"fails or panics", "did not come true", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, _ time.Duration) (bool, error) {
				return b.Store.Acknowledge(ctx, d)
			}
		}, 0},
		"every attempt is the first": {"fails or panics", "with attempt 1", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				deaths, err := b.Store.Claim(ctx, shard, o)
				for i := range deaths {
					deaths[i].Attempt = 1
				}
				return deaths, err
			}
		}, 0},
		"a lease never ends":                      {"killed", "did not come true", never, 0},
		"a lease whose reply was lost never ends": {"calls fail", "did not come true", never, 20},
		"leases are of one store":                 {"stays alone", "two handlers", leasesOfOneStore(), 0},
		"a lease ends at once, and is never lost": {"stays alone", "two handlers", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				o.Lease = store.MinTTL
				return b.Store.Claim(ctx, shard, o)
			}
			b.extend = func(_ context.Context, leased []driver.Death, _ time.Duration) ([]driver.Standing, error) {
				return slices.Repeat([]driver.Standing{driver.Held}, len(leased)), nil
			}
		}, 0},
		"there is never a grace": {"outage", "times, want 0", func(b *bent) {
			last := func(ctx context.Context) { // a tick of nobody, just before the first sweep
				_, _ = b.Store.Sweep(ctx, 0, driver.SweepOptions{Interval: b.Traits().Liveness() / 6})
			}
			var once atomic.Bool
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				if once.CompareAndSwap(false, true) {
					go func() {
						for ctx := context.WithoutCancel(ctx); ; time.Sleep(time.Second) {
							if b.Ping(ctx) != nil {
								return
							}
							last(ctx)
						}
					}()
				}
				return b.Store.Sweep(ctx, shard, o)
			}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(stories(), func(s story) bool { return strings.Contains(s.name, m.story) })
			require.GreaterOrEqual(t, i, 0, "there is no story %q", m.story)
			r := &run{Harness: harness(m.bend)}
			a := stories()[i].judge(t, r)
			for tries := 1; !a.Failed() && tries < m.tries; tries++ {
				a = stories()[i].judge(t, r)
			}
			require.True(t, a.Failed(), "it passes")
			assert.Contains(t, a.Reason(), m.finds)
			t.Log(strings.SplitN(a.Reason(), "\n", 2)[0])
			blamed[stories()[i].name] = true
		})
	}
	for _, s := range stories() {
		assert.True(t, blamed[s.name] || t.Failed(), "no mutant fails the story %q", s.name)
	}
}

func TestAStoreWithoutAReaperIsRefused(t *testing.T) {
	h := harness(nil)
	h.New = func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		return struct{ store.LivenessStore }{harness(nil).New(t, ttls)}
	}
	a := stories()[0].judge(t, &run{Harness: h})
	assert.True(t, a.Failed())
	assert.Contains(t, a.Reason(), "no driver.Reaper")
}

func TestAHarnessThatFailsHoldsUpNobody(t *testing.T) {
	r := &run{Harness: conformance.Harness{New: func(t testing.TB, _ store.TTLs) store.LivenessStore {
		t.Fatal("there is no room")
		return nil
	}}}
	for range 2 {
		a := stories()[0].judge(t, r)
		assert.True(t, a.Failed())
		assert.Contains(t, a.Reason(), "there is no room")
	}
}
