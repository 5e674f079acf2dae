package deaths

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// local is a store in this process.
type local interface {
	store.LivenessStore
	store.Batcher
	store.Granter
	store.Lister
	driver.Reaper
	driver.Reconciler
}

// onBoth tells a story on each of the stores in this process, with room for n.
func onBoth(t *testing.T, n int, story func(t testing.TB, s local)) {
	t.Run("memory", func(t *testing.T) {
		kit.InRealTime(t, func(t testing.TB) {
			s, err := memstore.New(memstore.Options{MaxOnline: n, MaxURLs: n})
			kit.Closing(t, s, err)
			story(t, s)
		})
	})
	t.Run("bbolt", func(t *testing.T) {
		kit.InRealTime(t, func(t testing.TB) {
			dir := t.TempDir()
			if inMemory, err := os.MkdirTemp("/dev/shm", "liveness-"); err == nil {
				dir = inMemory
				t.Cleanup(func() { os.RemoveAll(inMemory) })
			}
			s, err := boltstore.Open(filepath.Join(dir, "edge.db"), boltstore.Options{})
			kit.Closing(t, s, err)
			story(t, s)
		})
	})
}

// All workspaces of a large fleet die at once, while others are set online, looked
// for, cleared, adopted and claimed, also in lists as long as the fleet. No call
// outlives its context (C7).
//
// It fails if the dead are found, counted or cleared in one step.
func TestNoCallWaitsWhileAFleetDies(t *testing.T) {
	const (
		patience = 2 * time.Millisecond
		c7       = 50 * time.Millisecond
	)
	n, slack := 50_000, 5*c7 // where other tests run beside it
	if kit.Full() {
		n, slack = 1_000_000, c7
	}
	onBoth(t, 2*n, func(t testing.TB, s local) {
		ids := kit.Named("workspace", n)
		setAll := func(end time.Time) (took time.Duration) {
			began := time.Now()
			kit.SideBySide(n, func(i int) {
				if err := s.SetOnlineFor(t.Context(), ids[i], time.Until(end)); err != nil {
					t.Error(err)
				}
			})
			return time.Since(began)
		}
		took := setAll(time.Now().Add(store.MaxTTL))
		kit.SideBySide(min(n, 100_000), func(i int) {
			if err := s.CacheURL(t.Context(), ids[i], fmt.Sprint("http://10.0.0.1/", i)); err != nil {
				t.Error(err)
			}
		})
		end := time.Now().Add(time.Second + 3*took)
		setAll(end)
		require.Less(t, time.Now(), end, "the machine set them too slowly")
		calls := map[string]func(ctx context.Context, i int) error{
			"SetOnline": func(ctx context.Context, i int) error { return s.SetOnline(ctx, fmt.Sprint("new-", i)) },
			"Clear":     func(ctx context.Context, i int) error { return s.Clear(ctx, ids[i%n]) },
			"CacheURL": func(ctx context.Context, i int) error {
				return s.CacheURL(ctx, ids[i%n], fmt.Sprint("http://10.0.0.1/", i))
			},
			"GetCachedURL": func(ctx context.Context, i int) error { _, err := s.GetCachedURL(ctx, ids[i%n]); return err },
			"Count":        func(ctx context.Context, i int) error { _, err := s.Count(ctx); return err },
			"IsOnlineMany": func(ctx context.Context, i int) error { _, err := s.IsOnlineMany(ctx, ids); return err },
			"RefreshMany":  func(ctx context.Context, i int) error { _, err := s.RefreshMany(ctx, ids); return err },
			"Adopt":        func(ctx context.Context, i int) error { _, err := s.Adopt(ctx, 0, ids, time.Time{}); return err },
			"ClearMany":    func(ctx context.Context, i int) error { return s.ClearMany(ctx, ids[:n/4]) },
			"Sweep": func(ctx context.Context, i int) error {
				_, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
				return err
			},
			"Claim": func(ctx context.Context, i int) error {
				_, err := s.Claim(ctx, 0, driver.ClaimOptions{Max: 100, Lease: time.Minute})
				return err
			},
		}
		time.Sleep(time.Until(end))
		stalled := longestStall()
		over := make(map[string]time.Duration)
		var mu sync.Mutex
		var callers sync.WaitGroup
		// A sweep after the other finds the dead, while the other calls are made in turn: so
		// many as there are cores, since what waits for a core is late by that.
		turn := func(names ...string) func() {
			return func() {
				for i := 0; time.Since(end) < 2*time.Second || kit.Full() && time.Since(end) < 20*time.Second; i++ {
					name := names[i%len(names)]
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					began := time.Now()
					calls[name](ctx, i)
					late := time.Since(began) - patience
					cancel()
					mu.Lock()
					over[name] = max(over[name], late)
					mu.Unlock()
				}
			}
		}
		callers.Go(turn("Sweep"))
		callers.Go(turn(slices.Sorted(maps.Keys(calls))...))
		callers.Wait()
		stall := stalled()
		var told []string
		for _, name := range slices.Sorted(maps.Keys(over)) {
			told = append(told, fmt.Sprintf("%s %v", name, over[name].Round(time.Millisecond)))
			assert.LessOrEqual(t, over[name], slack+stall, "%s outlives its context", name)
		}
		t.Logf("%d die at once; longest over a context of %v: %s; longest stall of the machine %v",
			n, patience, strings.Join(told, ", "), stall.Round(time.Millisecond))
	})
}
