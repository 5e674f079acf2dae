package monitored

import (
	"context"
	"strings"
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

func harness(bend func(*bent)) conformance.Harness {
	return conformance.Harness{Bubble: true, New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		s, err := memstore.New(memstore.Options{TTLs: ttls})
		require.NoError(t, err)
		b := &bent{Store: s}
		t.Cleanup(func() { time.Sleep(time.Minute) }) // the goroutines of a mutant end before the bubble does
		if bend != nil {
			bend(b)
		}
		return b
	}}
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

func TestEachMutantIsFound(t *testing.T) {
	for name, m := range map[string]struct {
		story, finds string
		bend         func(*bent)
	}{
		"a heartbeat is acknowledged and forgotten": {"each death", "is online for", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				on, err := b.IsOnline(ctx, id)
				if err == nil && !on {
					return store.ErrNotFound
				}
				return err
			}
		}},
		"no death is detected": {"each death", "did not come true", func(b *bent) {
			b.claim = func(context.Context, int, driver.ClaimOptions) ([]driver.Death, error) { return nil, nil }
		}},
		"the next deadline is told too late": {"each death", "after its deadline", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				r, err := b.Store.Sweep(ctx, shard, o)
				r.Next += time.Minute
				return r, err
			}
		}},
		"an acknowledgement is lost": {"each death", "times, want 1", func(b *bent) {
			b.acked = func(context.Context, driver.Death) (bool, error) { return true, nil }
		}},
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
		}},
		"a comeback before the hand-out is overlooked": {"just before the hand-out", "online for", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				_, err := b.Store.Begin(ctx, d)
				return driver.Held, err
			}
		}},
		"a failed handler is acknowledged": {"fails or panics", "did not come true", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, _ time.Duration) (bool, error) {
				return b.Store.Acknowledge(ctx, d)
			}
		}},
		"every attempt is the first": {"fails or panics", "with attempt 1", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				deaths, err := b.Store.Claim(ctx, shard, o)
				for i := range deaths {
					deaths[i].Attempt = 1
				}
				return deaths, err
			}
		}},
		"a lease never ends": {"killed", "did not come true", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				o.Lease = store.MaxTTL
				return b.Store.Claim(ctx, shard, o)
			}
		}},
		"a lease ends at once, and is never lost": {"stays alone", "two handlers", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				o.Lease = store.MinTTL
				return b.Store.Claim(ctx, shard, o)
			}
			b.extend = func(_ context.Context, leased []driver.Death, _ time.Duration) ([]driver.Standing, error) {
				standings := make([]driver.Standing, len(leased))
				for i := range standings {
					standings[i] = driver.Held
				}
				return standings, nil
			}
		}},
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
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range stories() {
				if !strings.Contains(s.name, m.story) {
					continue
				}
				wrong := s.check(t, harness(m.bend), newClock(harness(nil)))
				require.NotEmpty(t, wrong)
				found := false
				for _, text := range wrong {
					found = found || strings.Contains(text, m.finds)
				}
				assert.True(t, found, "%q is not in %q", m.finds, wrong)
				t.Log(wrong[0])
				return
			}
			t.Fatalf("there is no story %q", m.story)
		})
	}
}
