package redisstore_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// No script holds the server for 5 ms, when a fleet dies at once and while its deaths
// are handed out. On a busy machine also the shortest takes longer now and then: only
// with LIVENESS_FULL=1, which wants a quiet one, is none allowed to.
// TestScriptsAreBounded counts what a script handles.
func TestNoScriptHoldsTheServer(t *testing.T) {
	const (
		ttl     = 5 * time.Second
		bound   = 5 * time.Millisecond
		callers = 64
	)
	fleet, most := 5_000, 500
	if os.Getenv("LIVENESS_FULL") == "1" {
		fleet, most = 20_000, 0
	}
	ctx := context.Background()
	server, s := realServer(t, redisstore.Options{TTLs: store.TTLs{Liveness: ttl, Heartbeat: time.Second}})
	admin := server.Client(t)
	sweep := func() driver.SweepResult {
		r, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
		require.NoError(t, err)
		return r
	}
	all := ids(fleet)
	end := time.Now().Add(ttl)
	each(all, callers, func(id string) {
		if err := s.SetOnlineFor(ctx, id, time.Until(end)); err != nil {
			t.Error(err)
		}
	})
	for time.Now().Before(end) {
		sweep()
		time.Sleep(100 * time.Millisecond)
	}
	require.NoError(t, admin.ConfigSet(ctx, "slowlog-max-len", "1000000").Err())
	require.NoError(t, admin.ConfigSet(ctx, "slowlog-log-slower-than", strconv.FormatInt(bound.Microseconds(), 10)).Err())
	require.NoError(t, admin.SlowLogReset(ctx).Err())
	before := server.Commands(t, "evalsha")
	for r := sweep(); r.Online > 0 || r.Next <= 0; r = sweep() {
	}
	require.Equal(t, fleet, sweep().Ready, "all are dead")
	var deaths []driver.Death
	for len(deaths) < fleet {
		claimed, err := s.Claim(ctx, 0, driver.ClaimOptions{Max: 1000, Lease: time.Minute})
		require.NoError(t, err)
		if len(claimed) == 0 {
			time.Sleep(10 * time.Millisecond) // of the grace
			sweep()
		}
		deaths = append(deaths, claimed...)
	}
	_, err := s.Extend(ctx, deaths, time.Minute)
	require.NoError(t, err)
	pending := 0
	for _, err := range s.Deaths(ctx, 0) {
		require.NoError(t, err)
		pending++
	}
	require.Equal(t, fleet, pending)
	var records []driver.Record
	for r, err := range s.Dump(ctx) {
		require.NoError(t, err)
		records = append(records, r)
	}
	require.Len(t, records, fleet)
	each(deaths, callers, func(d driver.Death) {
		if _, err := s.Acknowledge(ctx, d); err != nil {
			t.Error(err)
		}
	})
	sweep()
	require.NoError(t, s.Forget(ctx, all))
	_, err = s.Adopt(ctx, 0, all, time.Now())
	require.NoError(t, err)
	_, err = s.Look(ctx, all)
	require.NoError(t, err)
	require.NoError(t, s.ClearMany(ctx, all))
	require.NoError(t, s.Restore(ctx, records))
	for i := range records {
		records[i].Death, records[i].Remaining = nil, time.Hour
		records[i].URL = driver.CachedURL{URL: "https://agent.example.com", Remaining: time.Hour}
	}
	require.NoError(t, s.Restore(ctx, records))
	require.NoError(t, s.ClearMany(ctx, all))

	log, err := admin.SlowLogGet(ctx, -1).Result()
	require.NoError(t, err)
	scripts, slow := server.Commands(t, "evalsha")-before, 0
	var longest time.Duration
	for _, entry := range log {
		if slices.Contains([]string{"evalsha", "eval"}, entry.Args[0]) {
			slow++
			longest = max(longest, entry.Duration)
		}
	}
	t.Logf("%d scripts, %d of them longer than %v, the longest of these %v", scripts, slow, bound, longest)
	require.Greater(t, scripts, 1000)
	require.LessOrEqual(t, slow, most)
}

// each has so many goroutines call do with the items.
func each[T any](items []T, callers int, do func(T)) {
	var all sync.WaitGroup
	for part := range slices.Chunk(items, (len(items)+callers-1)/callers) {
		all.Go(func() {
			for _, item := range part {
				do(item)
			}
		})
	}
	all.Wait()
}
