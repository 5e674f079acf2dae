package redistest_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

func TestDisk(t *testing.T) {
	ctx := context.Background()
	get := func(s *redistest.Server) string { return s.Client(t).Get(ctx, "a").Val() }
	set := func(s *redistest.Server, value string) {
		require.NoError(t, s.Client(t).Set(ctx, "a", value, 0).Err())
	}

	t.Run("what was saved is there after a kill, and only that", func(t *testing.T) {
		s := redistest.Start(t)
		set(s, "saved")
		s.Save(t)
		set(s, "not saved")
		s.Restart(t)
		require.Equal(t, "saved", get(s))
		s.Lose(t)
		s.Restart(t)
		require.Empty(t, get(s))
	})

	t.Run("a snapshot can be restored", func(t *testing.T) {
		s := redistest.Start(t)
		set(s, "then")
		snapshot := s.Snapshot(t)
		set(s, "now")
		s.Save(t)
		s.Restore(t, snapshot)
		require.Equal(t, "then", get(s))
	})

	t.Run("a flush leaves nothing", func(t *testing.T) {
		s := redistest.Start(t)
		set(s, "1")
		s.Flush(t)
		require.Empty(t, get(s))
	})
}

func TestClock(t *testing.T) {
	const skew, slack = 25 * time.Second, 5 * time.Second
	s := redistest.StartAskew(t, skew)
	ahead := func() time.Duration {
		now, err := s.Client(t).Time(context.Background()).Result()
		require.NoError(t, err)
		return time.Until(now)
	}
	require.InDelta(t, skew, ahead(), float64(slack))
	s.SetClock(t, -skew)
	require.InDelta(t, -skew, ahead(), float64(slack))
	s.Restart(t)
	require.InDelta(t, -skew, ahead(), float64(slack))
}

func TestSentinel(t *testing.T) {
	const ahead = 25 * time.Second
	ctx := context.Background()
	for name, clocks := range map[string][]time.Duration{
		"two replicas":                   {0, 0},
		"a replica whose clock is ahead": {ahead},
	} {
		t.Run(name, func(t *testing.T) {
			s := redistest.StartSentinel(t, clocks...)
			o, err := redis.ParseFailoverURL(s.URL())
			require.NoError(t, err)
			c := redis.NewFailoverClient(o)
			defer c.Close()
			require.NoError(t, c.Set(ctx, "a", "1", 0).Err())
			require.NoError(t, c.Wait(ctx, len(clocks), time.Second).Err())
			former := s.Master
			s.Failover(t)
			require.NotEqual(t, former.Addr(), s.Master.Addr())
			require.Eventually(t, func() bool { return c.Get(ctx, "a").Val() == "1" }, 10*time.Second, 10*time.Millisecond)
			now, err := s.Master.Client(t).Time(ctx).Result()
			require.NoError(t, err)
			require.InDelta(t, clocks[0], time.Until(now), float64(5*time.Second))
		})
	}
}
