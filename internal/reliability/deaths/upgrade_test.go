package deaths

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// During a rolling upgrade the old code and the new share one Redis, and each
// hears from half of the workspaces. Monitors of the new code report the dead
// of both halves, once each, and no living workspace.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	kit.InRealTime(t, upgrade)
}

func upgrade(t testing.TB) {
	const (
		half      = 500
		deaths    = 50 // in each half
		ttl       = 4 * time.Second
		heartbeat = time.Second
	)
	ttls := store.TTLs{Liveness: ttl, Heartbeat: heartbeat}
	server := kit.OnRedis(t)
	s := server.Open(t, ttls)
	ids := kit.Named("new", half)
	kit.SetOnline(t, s, ids)
	for _, id := range ids {
		require.NoError(t, s.CacheURL(t.Context(), id, "http://"+id))
	}
	before := oldCode{redis.NewClient(&redis.Options{Addr: server.Server.Addr(), DB: 3}), ttl}
	t.Cleanup(func() { before.Close() })
	oldIDs := kit.Named("old", half)
	require.NoError(t, before.setOnline(t.Context(), oldIDs))

	reports := kit.NewBook()
	m, _ := kit.RunMonitor(t, s, monitor.Config{}, reports.Handler(1))
	kit.RunMonitor(t, server.Open(t, ttls), monitor.Config{}, reports.Handler(2))
	newHalf := startFleet(t, ids, heartbeat, eachOn(s))
	oldHalf := startFleet(t, oldIDs, heartbeat, before.refresh)
	time.Sleep(ttl / 6) // the deaths come after the grace
	done := make(chan struct{})
	go func() {
		defer close(done)
		newHalf.silence(deaths, ttl)
	}()
	oldHalf.silence(deaths, ttl)
	<-done
	reports.Await(t, 2*deaths, 30*ttl, time.Second)

	for _, f := range []*fleet{newHalf, oldHalf} {
		f.end()
		require.Len(t, f.silent, deaths)
	}
	silent := maps.Clone(newHalf.silent)
	maps.Copy(silent, oldHalf.silent)
	v := judge(reports, silent, ttl)
	t.Logf("%d workspaces of the new code and %d of the old, %d deaths in each half: %v", half, half, deaths, v)
	v.require(t)
	require.Eventually(t, func() bool { return !m.Status().SearchBehind }, time.Minute, 10*time.Millisecond,
		"the search for what the old code registered")
	before.requireURLs(t, append(ids, oldIDs...), silent)
}

// eachOn returns how workspaces are heard from at once, each by a call of its own.
func eachOn(s store.LivenessStore) func(context.Context, []string) error {
	return func(ctx context.Context, ids []string) error {
		errs := make([]error, len(ids))
		var calls sync.WaitGroup
		for i, id := range ids {
			calls.Go(func() {
				registered, err := store.Heartbeat(ctx, s, id)
				if registered {
					err = fmt.Errorf("%s had to be registered again", id)
				}
				errs[i] = err
			})
		}
		calls.Wait()
		return errors.Join(errs...)
	}
}

// oldCode is the code that the store replaces: the same commands, by hand.
type oldCode struct {
	*redis.Client
	ttl time.Duration
}

func (o oldCode) setOnline(ctx context.Context, ids []string) error {
	_, err := o.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids {
			p.Set(ctx, "ws:"+id, "online", o.ttl)
			p.Set(ctx, "ws:"+id+":url", "http://"+id, 5*time.Minute)
			p.Set(ctx, "ws:"+id+":internal_url", "http://"+id, 5*time.Minute)
		}
		return nil
	})
	return err
}

// refresh extends the TTL of each workspace, and then reads the keys that the old code
// read.
func (o oldCode) refresh(ctx context.Context, ids []string) error {
	extended := make([]*redis.BoolCmd, len(ids))
	_, err := o.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			extended[i] = p.Expire(ctx, "ws:"+id, o.ttl)
			p.Exists(ctx, "ws:"+id)
			p.Get(ctx, "ws:"+id+":url")
		}
		return nil
	})
	for i, e := range extended {
		if err == nil && !e.Val() {
			err = fmt.Errorf("%w: %s", store.ErrNotFound, ids[i])
		}
	}
	return err
}

// requireURLs fails unless the URLs of the living are cached and those of the
// dead are not.
func (o oldCode) requireURLs(t testing.TB, ids []string, dead map[string]last) {
	t.Helper()
	for _, id := range ids {
		want := int64(1)
		if _, ok := dead[id]; ok {
			want = 0
		}
		got, err := o.Exists(t.Context(), "ws:"+id+":url").Result()
		require.NoError(t, err)
		require.Equal(t, want, got, "cached URLs of %s", id)
	}
}
