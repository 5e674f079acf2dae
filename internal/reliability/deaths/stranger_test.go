package deaths

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// stranger is the one workspace of a fleet whose TTL is far longer than that of
// the others.
const stranger = "stranger"

// kindOfStranger is whether it lives, or its TTL was granted once and cleared.
type kindOfStranger struct {
	name  string
	lives bool
}

var strangers = []kindOfStranger{{"it is set and cleared", false}, {"it is alive", true}}

// A workspace with a TTL of seven days changes nothing for twenty others with
// the usual one, though the monitor is replaced after a gap: the grace is no
// longer than theirs, and six deaths in twelve hours are reported on time.
//
// It fails if the longest TTL that was granted is the length of a grace.
func TestOneLongLifeDelaysNoOther(t *testing.T) {
	t.Parallel()
	ttls := store.TTLs{For: func(id string) time.Duration {
		if id == stranger {
			return 7 * 24 * time.Hour
		}
		return 0
	}}
	for _, kind := range strangers {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			t.Run("memory", func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, err := memstore.New(memstore.Options{TTLs: ttls})
					require.NoError(t, err)
					defer s.Close()
					longLife(t, kind, s, func() store.LivenessStore { return s })
				})
			})
			t.Run("bbolt", func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "edge.db")
				synctest.Test(t, func(t *testing.T) {
					open := func() *boltstore.Store {
						s, err := boltstore.Open(path, boltstore.Options{TTLs: ttls, Checkpoint: time.Minute})
						require.NoError(t, err)
						return s
					}
					s := open()
					defer func() { s.Close() }()
					longLife(t, kind, s, func() store.LivenessStore {
						require.NoError(t, s.Close())
						s = open()
						return s
					})
				})
			})
		})
	}
}

func longLife(t testing.TB, kind kindOfStranger, s store.LivenessStore, restart func() store.LivenessStore) {
	const (
		others    = 20
		deaths    = 6
		apart     = 2 * time.Hour
		gap       = time.Hour
		ttl       = store.DefaultLivenessTTL
		heartbeat = ttl / 6
		late      = 50 * time.Millisecond
	)
	ids := kit.Named("workspace", others)
	beat := func(d time.Duration, ids []string) {
		for end := time.Now().Add(d); time.Now().Before(end); {
			for _, id := range ids {
				_, err := store.Heartbeat(t.Context(), s, id)
				require.NoError(t, err)
			}
			time.Sleep(min(heartbeat, time.Until(end)))
		}
	}
	reports := kit.NewBook()
	watch := func() (m *monitor.Monitor, stop func()) {
		m, err := monitor.New(s, monitor.Config{Interval: ttl / 6})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx, reports.Handler(0)) }()
		return m, func() {
			cancel()
			require.NoError(t, <-ended)
		}
	}
	require.NoError(t, s.SetOnline(t.Context(), stranger))
	if !kind.lives {
		require.NoError(t, s.Clear(t.Context(), stranger))
	}
	_, stop := watch()
	beat(2*ttl, ids)
	stop()
	s = restart()
	beat(gap, ids)
	m, stop := watch()
	defer stop()
	beat(time.Second, ids)
	require.Equal(t, monitor.StateGrace, m.Status().State)
	require.LessOrEqual(t, time.Until(m.Status().Until), ttl, "the grace")
	beat(ttl+heartbeat, ids)
	require.Equal(t, monitor.StateNormal, m.Status().State)

	onTime, worst := 0, time.Duration(0)
	for n := range deaths {
		last := time.Now() // of the heartbeats that the next one to die sends
		beat(heartbeat, ids[n:])
		beat(apart-heartbeat, ids[n+1:])
		if calls := reports.Of(ids[n]); len(calls) == 1 {
			lateness := calls[0].At.Sub(last.Add(ttl))
			worst = max(worst, lateness)
			if lateness <= late {
				onTime++
			}
		}
	}
	t.Logf("%d of %d deaths on time, the latest by %v, dropped %d", onTime, deaths, worst, m.Status().Dropped)
	assert.Equal(t, deaths, onTime, "deaths on time")
	assert.Len(t, reports.All(), deaths, "reports")
	assert.Zero(t, m.Status().Dropped)
}

// The same on Redis, in real time: a workspace with a TTL of an hour, and the
// others with one of two seconds.
func TestOneLongLifeDelaysNoOtherOnRedis(t *testing.T) {
	t.Parallel()
	for _, kind := range strangers {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			kit.InRealTime(t, func(t testing.TB) {
				const (
					others = 20
					deaths = 6
					slack  = 2 * time.Second // of a busy machine; an hour would be the fault
				)
				ttls := store.TTLs{Liveness: 3 * time.Second, Heartbeat: 500 * time.Millisecond, For: func(id string) time.Duration {
					if id == stranger {
						return time.Hour
					}
					return 0
				}}
				b := kit.OnRedis(t)
				s := b.Open(t, ttls)
				ids := kit.Named("workspace", others)
				require.NoError(t, s.SetOnline(t.Context(), stranger))
				if !kind.lives {
					require.NoError(t, s.Clear(t.Context(), stranger))
				}
				alive, reports := kit.StartPulse(t, s, ttls, ids...), kit.NewBook()
				m, stop := kit.RunMonitor(t, s, monitor.Config{}, reports.Handler(1))
				kit.AwaitNormal(t, m)
				stop()
				time.Sleep(2 * ttls.Liveness)
				began := time.Now()
				m, _ = kit.RunMonitor(t, b.Open(t, ttls), monitor.Config{}, reports.Handler(2))
				require.Eventually(t, func() bool { return m.Status().State == monitor.StateGrace }, slack, time.Millisecond)
				kit.AwaitNormal(t, m)
				require.Less(t, time.Since(began), ttls.Liveness+slack, "the grace")
				stopped := make(map[string]time.Time)
				for _, id := range ids[:deaths] {
					stopped[id] = alive.Stop(id)
					time.Sleep(ttls.Heartbeat)
				}
				reports.Await(t, deaths, time.Minute, 0)
				worst := time.Duration(0)
				for id, at := range stopped {
					calls := reports.Of(id)
					require.Len(t, calls, 1)
					worst = max(worst, calls[0].At.Sub(at.Add(ttls.Liveness)))
				}
				t.Logf("%d of %d deaths, the latest by %v, dropped %d", len(reports.All()), deaths, worst.Round(time.Millisecond), m.Status().Dropped)
				require.Len(t, reports.All(), deaths)
				require.Zero(t, m.Status().Dropped)
			})
		})
	}
}
