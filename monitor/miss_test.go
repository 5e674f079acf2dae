package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestADeathIsReportedAtItsDeadline(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const deaths = 300
		w.watch(unguarded)
		w.calm()
		deadline := make(map[string]time.Time)
		for _, id := range names("w", deaths) {
			w.pass(rand.N(2 * time.Second))
			w.online(id)
			deadline[id] = time.Now().Add(ttl)
		}
		w.pass(ttl + interval)
		require.Len(t, w.reported(), deaths)
		for _, r := range w.reported() {
			assert.WithinRange(t, r.at, deadline[r.ID], deadline[r.ID].Add(soon))
			assert.True(t, r.Deadline.Equal(deadline[r.ID]), "%v, want %v", r.Deadline, deadline[r.ID])
			assert.Equal(t, 1, r.Attempt)
			assert.False(t, r.Adopted)
		}
	})
}

func TestSetOnlineMovesTheReportBothWays(t *testing.T) {
	var lifetime atomic.Int64
	lifetimes := store.TTLs{For: func(string) time.Duration { return time.Duration(lifetime.Load()) }}
	for name, again := range map[string]time.Duration{"later": 9 * time.Minute, "earlier": time.Minute} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{TTLs: lifetimes}, func(w *world) {
				w.watch(unguarded)
				w.calm()
				lifetime.Store(int64(5 * time.Minute))
				w.online("a")
				w.pass(time.Minute)
				lifetime.Store(int64(again))
				w.online("a")
				set := time.Now()
				w.pass(10 * time.Minute)
				w.once("a")
				assert.Equal(t, again, w.reported()[0].at.Sub(set))
			})
		})
	}
}

func TestARefreshThatShortensALifeIsSeenAtTheLatestAtTheDeadlineGrantedBefore(t *testing.T) {
	var lifetime atomic.Int64
	lifetimes := store.TTLs{For: func(string) time.Duration { return time.Duration(lifetime.Load()) }}
	story(t, memstore.Options{TTLs: lifetimes}, func(w *world) {
		w.watch(unguarded)
		w.calm()
		lifetime.Store(int64(10 * time.Minute))
		w.online("a")
		granted := time.Now().Add(10 * time.Minute)
		lifetime.Store(int64(time.Minute))
		require.NoError(t, w.RefreshTTL(t.Context(), "a"))
		over := time.Now().Add(time.Minute)
		w.pass(time.Minute)
		online, err := w.IsOnline(t.Context(), "a")
		require.NoError(t, err)
		assert.False(t, online, "offline at once")
		w.pass(10 * time.Minute)
		w.once("a")
		assert.WithinRange(t, w.reported()[0].at, over, granted)
	})
}

func TestEachSilenceIsReportedOnce(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const silences = 5
		w.watch(unguarded)
		w.calm()
		for range silences {
			w.online("a")
			w.beating(2*ttl, "a")
			w.pass(3 * ttl)
		}
		require.Len(t, w.reported(), silences)
		for i, r := range w.reported() {
			assert.Equal(t, 1, r.Attempt)
			if i > 0 {
				assert.Greater(t, r.Token, w.reported()[i-1].Token)
			}
		}
	})
}

func TestWhatWasClearedIsNotReported(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		w.watch(unguarded)
		w.calm()
		w.online("a")
		w.pass(time.Minute)
		require.NoError(t, w.Clear(t.Context(), "a"))
		w.pass(ttl)
		w.nobody()
	})
	story(t, memstore.Options{}, func(w *world) {
		w.handle(unguarded, func(context.Context, driver.Death) error { return errors.New("again") })
		w.calm()
		w.online("a")
		w.pass(ttl + 2*time.Second)
		tried := len(w.reported())
		assert.Positive(t, tried)
		require.NoError(t, w.Clear(t.Context(), "a"))
		w.pass(time.Hour)
		assert.Len(t, w.reported(), tried, "a cleared death is not handed out again")
	})
}

func TestTheURLsOfAHandledDeathAreForgotten(t *testing.T) {
	story(t, memstore.Options{TTLs: store.TTLs{URL: time.Hour}}, func(w *world) {
		w.watch(unguarded)
		w.calm()
		w.online("a")
		require.NoError(t, w.CacheURL(t.Context(), "a", "http://a.example"))
		w.pass(ttl + soon)
		w.once("a")
		_, err := w.GetCachedURL(t.Context(), "a")
		assert.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestDeathsThatNobodyClaimsAreDroppedAndCountedAndGiveTheirMemoryBack(t *testing.T) {
	story(t, memstore.Options{MaxURLs: 1, KeepDeaths: time.Hour}, func(w *world) {
		const dead, living = 50_000, 2000 // so that each lock has some of the living
		alive := names("alive", living)
		w.online(alive...)
		empty := heap()
		for i := range dead {
			w.online(fmt.Sprint("dead", i))
		}
		full := heap()
		w.beating(2*time.Hour, alive...)
		// Nobody monitors: only the writes of the living can drop them, each a few
		// of those that share its lock.
		for i := range 8 * dead {
			w.online(alive[i%living])
		}
		left := heap()
		assert.Less(t, left-empty, (full-empty)/10, "bytes left of %d", full-empty)

		m := w.watch(unguarded)
		w.pass(interval)
		assert.EqualValues(t, dead, m.Status().Dropped)
		assert.Equal(t, living, m.Status().Online)
		w.beating(ttl+time.Minute, alive...)
		w.nobody()
	})
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
