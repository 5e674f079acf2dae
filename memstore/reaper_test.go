package memstore_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const interval = time.Second

// watch sweeps the store for some time.
func watch(t *testing.T, s *memstore.Store, long time.Duration) (last driver.SweepResult) {
	t.Helper()
	for end := time.Now().Add(long); ; time.Sleep(interval) {
		last, err := s.Sweep(t.Context(), 0, driver.SweepOptions{Interval: interval})
		require.NoError(t, err)
		if !time.Now().Before(end) {
			return last
		}
	}
}

// dead returns the leased death of a workspace with URLs.
func dead(t *testing.T, s *memstore.Store, id string) driver.Death {
	t.Helper()
	watch(t, s, store.DefaultLivenessTTL) // the first grace
	require.NoError(t, s.Register(t.Context(), id, "http://"+id, "http://internal."+id))
	require.NoError(t, s.Expire(t.Context(), id))
	deaths, err := s.Claim(t.Context(), 0, driver.ClaimOptions{Max: 1, Lease: time.Minute})
	require.NoError(t, err)
	require.Len(t, deaths, 1)
	return deaths[0]
}

func urls(t *testing.T, s *memstore.Store, id string) (found []string) {
	t.Helper()
	url, err := s.GetCachedURL(t.Context(), id)
	if err == nil {
		found = append(found, url)
	}
	url, err = s.GetCachedInternalURL(t.Context(), id)
	if err == nil {
		found = append(found, url)
	}
	return found
}

func begin(t *testing.T, s *memstore.Store, d driver.Death) driver.Standing {
	t.Helper()
	standing, err := s.Begin(t.Context(), d)
	require.NoError(t, err)
	return standing
}

func TestURLsAreForgottenAtTheFirstAttemptAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		d := dead(t, s, "a")
		assert.Len(t, urls(t, s, "a"), 2)
		require.Equal(t, driver.Held, begin(t, s, d))
		assert.Empty(t, urls(t, s, "a"))
		require.NoError(t, s.CacheURL(t.Context(), "a", "http://new"))
		require.Equal(t, driver.Held, begin(t, s, d))
		did, err := s.Acknowledge(t.Context(), d)
		require.NoError(t, err)
		require.True(t, did)
		assert.Equal(t, []string{"http://new"}, urls(t, s, "a"))
	})
}

func TestURLsStayIfTheWorkspaceCameBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		d := dead(t, s, "a")
		require.NoError(t, s.SetOnline(t.Context(), "a"))
		require.Equal(t, driver.CameBack, begin(t, s, d))
		assert.Len(t, urls(t, s, "a"), 2)
	})
}

func TestWithdrawGrantsTheUsualTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		d := dead(t, s, "a")
		did, err := s.Withdraw(t.Context(), d)
		require.NoError(t, err)
		require.True(t, did)
		status, err := s.Lookup(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, store.Status{
			ID: "a", Remaining: store.DefaultLivenessTTL, URL: "http://a", InternalURL: "http://internal.a",
		}, status)
	})
}

func TestForgetForgetsTheURLsOfTheDeadThatWereNeverHandedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		handedOut := dead(t, s, "handed-out")
		require.Equal(t, driver.Held, begin(t, s, handedOut))
		ready := dead(t, s, "ready")
		_, err := s.Release(t.Context(), ready, 0)
		require.NoError(t, err)
		ids := []string{"ready", "handed-out", "online", "unknown"}
		for _, id := range ids {
			require.NoError(t, s.CacheURL(t.Context(), id, "http://"+id))
		}
		require.NoError(t, s.SetOnline(t.Context(), "online"))
		require.NoError(t, s.Forget(t.Context(), ids))
		for _, id := range ids {
			assert.Equal(t, id == "handed-out" || id == "online", len(urls(t, s, id)) > 0, id)
		}
	})
}

func TestAStoreWithoutAMonitorKeepsNoMoreDeathsThanMaxOnline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 10
		s := open(t, memstore.Options{MaxOnline: limit})
		for i := range 100 * limit {
			require.NoError(t, s.SetOnlineFor(t.Context(), strconv.Itoa(i), time.Second))
			time.Sleep(time.Second)
		}
		require.NoError(t, s.SetOnline(t.Context(), "last"))
		watched := watch(t, s, 0)
		assert.InDelta(t, limit, watched.Ready, 1)
		assert.Equal(t, int64(100*limit), watched.Dropped+int64(watched.Ready))
	})
}
