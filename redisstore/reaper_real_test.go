package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestScripts(t *testing.T) {
	ctx := context.Background()

	t.Run("they are one round trip each, once the server knows them", func(t *testing.T) {
		server := redistest.Start(t)
		client, counted := server.Client(t), &trips{}
		client.AddHook(counted)
		s, err := redisstore.New(client, redisstore.Options{})
		require.NoError(t, err)
		calls := map[string]func() error{
			"SetOnline": func() error { return s.SetOnline(ctx, "a") },
			"Clear":     func() error { return s.Clear(ctx, "b") },
			"Sweep": func() error {
				_, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
				return err
			},
			"Claim": func() error {
				_, err := s.Claim(ctx, 0, driver.ClaimOptions{Max: 1, Lease: lease})
				return err
			},
			"Acknowledge": func() error {
				_, err := s.Acknowledge(ctx, driver.Death{ID: "a", Token: 1})
				return err
			},
		}
		for name, call := range calls {
			require.NoError(t, call(), name)
			counted.n.Store(0)
			require.NoError(t, call(), name)
			require.EqualValues(t, 1, counted.n.Load(), name)
		}
	})

	t.Run("a server that forgot them is told again", func(t *testing.T) {
		server, s := realServer(t, redisstore.Options{})
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.NoError(t, server.Client(t).ScriptFlush(ctx).Err())
		require.NoError(t, s.SetOnline(ctx, "b"))
		require.NoError(t, s.ClearMany(ctx, []string{"a", "b", "c"}))
	})
}

// Lua writes numbers of more than 14 digits otherwise than Redis reads them, as scores of
// deaths by Expire are. The last digit of the time at which a grace began decides.
func TestASweepBringsEachDeathByExpireBackOnce(t *testing.T) {
	t.Parallel()
	const stores, expired, enough = 20, 150, 5
	ctx := context.Background()
	server := redistest.Start(t)
	for i := range stores {
		s := open(t, "redis://"+server.Addr(), redisstore.Options{Prefix: fmt.Sprintf("p%d:", i)})
		sweep := func() time.Duration {
			r, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
			require.NoError(t, err)
			return r.Next
		}
		sweep()
		each(ids(expired), 16, func(id string) {
			assert.NoError(t, s.SetOnline(ctx, id))
			assert.NoError(t, s.Expire(ctx, id))
		})
		for range enough {
			sweep()
		}
		require.Positive(t, sweep(), "the sweep of store %d finds something due for ever", i)
		time.Sleep(time.Millisecond)
	}
}

// Five workspaces were set online by a program that knows no deaths.
func TestAClaimReadsPastThoseThatCameBack(t *testing.T) {
	ctx := context.Background()
	server, s := realServer(t, redisstore.Options{TTLs: store.TTLs{Liveness: 60 * time.Millisecond}})
	sweep := func() driver.SweepResult {
		r, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
		require.NoError(t, err)
		return r
	}
	sweep()
	all := ids(6)
	for _, id := range all {
		require.NoError(t, s.SetOnline(ctx, id))
		time.Sleep(2 * time.Millisecond)
	}
	require.Eventually(t, func() bool { return sweep().Ready == len(all) }, 10*time.Second, time.Millisecond)
	for _, id := range all[:5] {
		require.NoError(t, server.Client(t).Set(ctx, "ws:"+id, "online", time.Minute).Err())
	}
	require.Eventually(t, func() bool {
		r := sweep()
		return r.Now.After(r.GraceEnd)
	}, 10*time.Second, time.Millisecond)
	claimed, err := s.Claim(ctx, 0, driver.ClaimOptions{Max: 1, Lease: lease})
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	require.Equal(t, all[5], claimed[0].ID)
}

func TestReaperOnCluster(t *testing.T) {
	t.Parallel()
	const fleet = 300
	const ttl = 3 * time.Second // the fleet is set within it
	ctx := context.Background()
	c, s := cluster(t, redisstore.Options{TTLs: store.TTLs{Liveness: ttl}})
	require.Equal(t, 64, s.Traits().Shards)
	online := 0
	sweep := func() (detected []string) {
		online = 0
		for shard := range s.Traits().Shards {
			sweep, err := s.Sweep(ctx, shard, driver.SweepOptions{Interval: time.Minute})
			require.NoError(t, err)
			require.Positive(t, sweep.Next)
			detected = append(detected, sweep.Detected...)
			online += sweep.Online
		}
		return detected
	}
	each(ids(fleet), 64, func(id string) {
		assert.NoError(t, s.SetOnline(ctx, id))
		assert.NoError(t, s.CacheURL(ctx, id, "http://a"))
	})
	sweep()
	require.Equal(t, fleet, online)
	for shard := range s.Traits().Shards {
		adopt(t, s, shard, "adopted-1", "adopted-2", "agent-0")
	}
	var detected []string
	for end := time.Now().Add(3 * ttl / 2); time.Now().Before(end); time.Sleep(ttl / 20) {
		detected = append(detected, sweep()...)
	}
	require.ElementsMatch(t, ids(fleet), detected)

	var held []driver.Death
	require.Eventually(t, func() bool { // on a machine that was late there is a grace first
		sweep()
		for shard := range s.Traits().Shards {
			deaths, err := s.Claim(ctx, shard, driver.ClaimOptions{Max: fleet, Lease: lease})
			require.NoError(t, err)
			held = append(held, deaths...)
		}
		return len(held) >= fleet+2
	}, time.Minute, ttl/20)
	require.Len(t, held, fleet+2)
	still, err := s.Extend(ctx, held, lease)
	require.NoError(t, err)
	require.NotContains(t, still, driver.Lost)
	for _, d := range held {
		standing, err := s.Begin(ctx, d)
		require.NoError(t, err)
		require.Equal(t, driver.Held, standing)
		done, err := s.Acknowledge(ctx, d)
		require.NoError(t, err)
		require.True(t, done)
		_, err = s.GetCachedURL(ctx, d.ID)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	for _, m := range c.Masters {
		require.Positive(t, m.Commands(t, "evalsha"))
	}
	for _, m := range c.Masters[:1] {
		m.Pause(t)
		served := 0
		for shard := range s.Traits().Shards {
			_, err := s.Sweep(within(t, 50*time.Millisecond), shard, driver.SweepOptions{Interval: time.Minute})
			if err == nil {
				served++
			}
		}
		m.Resume(t)
		require.Positive(t, served, "a master that does not answer leaves the shards of others at work")
		require.Less(t, served, s.Traits().Shards)
	}
}

// BenchmarkSweep sweeps a fleet in which nothing is due.
func BenchmarkSweep(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("op=sweep/n=%d", n), func(b *testing.B) {
			ctx := context.Background()
			server, s := realServer(b, redisstore.Options{TTLs: store.TTLs{Liveness: time.Hour}})
			fill(b, server.Client(b), n)
			used := cpu(b, server)
			b.ReportAllocs()
			for b.Loop() {
				sweep, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
				if err != nil || sweep.Online != n {
					b.Fatal(sweep.Online, err)
				}
			}
			b.ReportMetric(float64(cpu(b, server)-used)/float64(b.N)/1000, "server-µs/op")
		})
	}
}

// fill makes n workspaces online, as SetOnline does, for an hour.
func fill(b *testing.B, c *redis.Client, n int) {
	const life = time.Hour
	ctx := context.Background()
	due := float64(time.Now().Add(life).UnixMilli())
	for rest := ids(n); len(rest) > 0; {
		page := rest[:min(1000, len(rest))]
		rest = rest[len(page):]
		pipe := c.Pipeline()
		for _, id := range page {
			pipe.Set(ctx, "ws:"+id, "online", life)
			pipe.ZAdd(ctx, "ws::deadlines", redis.Z{Score: due, Member: id})
		}
		_, err := pipe.Exec(ctx)
		require.NoError(b, err)
	}
}

// cpu returns how long the server has executed scripts.
func cpu(b *testing.B, server *redistest.Server) time.Duration {
	info, err := server.Client(b).Info(context.Background(), "commandstats").Result()
	require.NoError(b, err)
	var spent time.Duration
	for _, name := range []string{"eval", "evalsha"} {
		var calls, usec int64
		if _, stat, ok := strings.Cut(info, "cmdstat_"+name+":"); ok {
			_, err := fmt.Sscanf(stat, "calls=%d,usec=%d,", &calls, &usec)
			require.NoError(b, err)
		}
		spent += time.Duration(usec) * time.Microsecond
	}
	return spent
}
