package benchmarks

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// backends is the table to which a backend adds itself.
func backends() []Backend {
	return []Backend{
		{"memory", openMemory},
		{"bbolt", openBolt},
		{"redis", openRedis},
	}
}

func openMemory(tb testing.TB, ttls store.TTLs) store.LivenessStore {
	s, err := memstore.New(memstore.Options{TTLs: ttls, MaxURLs: 1_000_000})
	return opened(tb, s, err)
}

func openBolt(tb testing.TB, ttls store.TTLs) store.LivenessStore {
	path := filepath.Join(tb.TempDir(), "liveness.db")
	s, err := boltstore.Open(path, boltstore.Options{TTLs: ttls, Checkpoint: 10 * time.Second})
	return opened(tb, s, err)
}

func openRedis(tb testing.TB, ttls store.TTLs) store.LivenessStore {
	s, err := redisstore.Open(tb.Context(), "redis://"+redistest.Start(tb).Addr(), redisstore.Options{TTLs: ttls})
	return opened(tb, s, err)
}

func opened(tb testing.TB, s store.LivenessStore, err error) store.LivenessStore {
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func BenchmarkStores(b *testing.B) {
	for _, backend := range backends() {
		Run(b, backend)
	}
}

func TestEveryOperationRunsOnEveryBackend(t *testing.T) {
	const n, calls = 2000, 200
	for _, backend := range backends() {
		t.Run(backend.Name, func(t *testing.T) {
			f := newFleet(t, backend, n)
			for _, o := range operations() {
				for _, callers := range o.callers {
					t.Run(fmt.Sprintf("%s, callers=%d", o.name, callers), func(t *testing.T) {
						f.crowd(callers).run(t, calls, o.on(f))
						if o.ends {
							f.register(t, calls)
						}
					})
				}
			}
		})
	}
}

func TestACrowdSharesItsCalls(t *testing.T) {
	const places, callers = 1000, 64
	for _, calls := range []int{1, 63, 999, 1000, 64_000} {
		var mu sync.Mutex
		visits := make(map[int]int)
		took := crowd{callers, places}.run(t, calls, func(_ context.Context, at int) error {
			mu.Lock()
			defer mu.Unlock()
			visits[at%places]++
			return nil
		})
		require.Len(t, visits, min(calls, places))
		require.NotEmpty(t, took)
		if calls <= places {
			for at := range calls {
				require.Equal(t, 1, visits[at], "place %d of %d calls", at, calls)
			}
		}
	}
}
