package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func TestNew(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	clusterOf := func(o redis.ClusterOptions) redis.UniversalClient {
		o.Addrs = []string{"127.0.0.1:1"}
		c := redis.NewClusterClient(&o)
		t.Cleanup(func() { c.Close() })
		return c
	}
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	defer ring.Close()

	refused := map[string]struct {
		client redis.UniversalClient
		o      redisstore.Options
		names  string
	}{
		"no client":                        {nil, redisstore.Options{}, "client is"},
		"a nil client":                     {(*redis.Client)(nil), redisstore.Options{}, "client is nil"},
		"a nil cluster client":             {(*redis.ClusterClient)(nil), redisstore.Options{}, "client is nil"},
		"a ring":                           {ring, redisstore.Options{}, "Ring"},
		"a client of another kind":         {struct{ redis.UniversalClient }{client}, redisstore.Options{}, "*redis.ClusterClient"},
		"a cluster client of replicas":     {clusterOf(redis.ClusterOptions{ReadOnly: true}), redisstore.Options{}, "ReadOnly"},
		"a cluster client by latency":      {clusterOf(redis.ClusterOptions{RouteByLatency: true}), redisstore.Options{}, "replicas"},
		"a cluster client that goes about": {clusterOf(redis.ClusterOptions{RouteRandomly: true}), redisstore.Options{}, "replicas"},
		"a flat layout on a cluster":       {clusterOf(redis.ClusterOptions{}), redisstore.Options{Layout: redisstore.LayoutFlat}, "LayoutFlat"},
		"an unknown layout":                {client, redisstore.Options{Layout: 3}, "Options.Layout is 3"},
		"a prefix with a brace":            {client, redisstore.Options{Prefix: "w{s"}, "Options.Prefix"},
		"a prefix with white space":        {client, redisstore.Options{Prefix: "w s"}, "Options.Prefix"},
		"a prefix that is not UTF-8":       {client, redisstore.Options{Prefix: "\xff"}, "Options.Prefix"},
		"a negative timeout":               {client, redisstore.Options{Timeout: -1}, "Options.Timeout"},
		"a time to keep deaths below 0":    {client, redisstore.Options{KeepDeaths: -1}, "Options.KeepDeaths"},
		"a TTL out of bounds":              {client, redisstore.Options{TTLs: store.TTLs{URL: -1}}, "TTLs.URL"},
	}
	for name, c := range refused {
		t.Run("it refuses "+name, func(t *testing.T) {
			_, err := redisstore.New(c.client, c.o)
			require.ErrorIs(t, err, store.ErrInvalid)
			require.ErrorContains(t, err, c.names)
		})
	}

	t.Run("it does no I/O", func(t *testing.T) {
		s, err := redisstore.New(clusterOf(redis.ClusterOptions{}), redisstore.Options{})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})

	t.Run("it leaves the client open", func(t *testing.T) {
		c := raw(t, miniredis.RunT(t).Addr())
		s, err := redisstore.New(c, redisstore.Options{})
		require.NoError(t, err)
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		require.NoError(t, s.Close())
		require.NoError(t, c.Ping(context.Background()).Err())
	})

	t.Run("it warns of a client that repeats writes", func(t *testing.T) {
		var log bytes.Buffer
		_, err := redisstore.New(client, redisstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		require.Contains(t, log.String(), "ContextTimeoutEnabled")
	})
}

func TestLayout(t *testing.T) {
	ctx := context.Background()

	t.Run("what only reads records none", func(t *testing.T) {
		for _, layout := range []redisstore.Layout{redisstore.LayoutFlat, redisstore.LayoutTagged} {
			m, s := mini(t, redisstore.Options{Layout: layout})
			require.NoError(t, s.Ping(ctx))
			_, err := s.IsOnline(ctx, "a")
			require.NoError(t, err)
			_, err = s.IsOnlineMany(ctx, ids(3))
			require.NoError(t, err)
			_, err = s.Lookup(ctx, "a")
			require.ErrorIs(t, err, store.ErrNotFound)
			_, err = s.GetCachedURL(ctx, "a")
			require.ErrorIs(t, err, store.ErrNotFound)
			_, err = s.Count(ctx)
			require.NoError(t, err)
			_, err = s.Note(ctx, 0, "", "")
			require.NoError(t, err)
			_, err = s.Look(ctx, ids(3))
			require.NoError(t, err)
			_, err = s.Sample(ctx, 0, 3)
			require.NoError(t, err)
			for _, err := range s.Deaths(ctx, 0) {
				require.NoError(t, err)
			}
			for _, err := range s.Dump(ctx) {
				require.NoError(t, err)
			}
			require.Empty(t, m.Keys())
			require.ErrorIs(t, s.RefreshTTL(ctx, "a"), store.ErrNotFound)
			require.Equal(t, []string{"ws::layout"}, m.Keys(), "of the first call that writes")
		}
	})

	t.Run("another layout is refused, by Open and by each call, until it is the same", func(t *testing.T) {
		m, flat := mini(t, redisstore.Options{})
		require.NoError(t, flat.Clear(ctx, "a"))
		url := "redis://" + m.Addr()
		_, err := redisstore.Open(ctx, url, redisstore.Options{Layout: redisstore.LayoutTagged})
		require.ErrorIs(t, err, store.ErrInvalid)
		require.ErrorContains(t, err, `"flat"`)
		require.ErrorContains(t, err, `"tagged"`)

		s, err := redisstore.New(raw(t, m.Addr()), redisstore.Options{Layout: redisstore.LayoutTagged})
		require.NoError(t, err)
		for range 2 {
			require.ErrorIs(t, s.SetOnline(ctx, "a"), store.ErrInvalid)
		}
		require.Equal(t, []string{"ws::layout"}, m.Keys())
		m.Del("ws::layout")
		require.NoError(t, s.SetOnline(ctx, "a"))
	})

	t.Run("a tagged key names the shard of its workspace", func(t *testing.T) {
		m, s := mini(t, redisstore.Options{Layout: redisstore.LayoutTagged})
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.NoError(t, s.CacheURL(ctx, "a", "http://a"))
		require.NoError(t, s.CacheInternalURL(ctx, "a", "http://a"))
		require.Equal(t, []string{"ws::layout", "ws::{44}:deadlines", "ws:{44}a", "ws:{44}a:internal_url", "ws:{44}a:url"}, m.Keys())
	})
}

func TestClose(t *testing.T) {
	ctx := context.Background()

	t.Run("it leaves no goroutine", func(t *testing.T) {
		m := miniredis.RunT(t)
		before := runtime.NumGoroutine()
		s, err := redisstore.Open(ctx, "redis://"+m.Addr(), redisstore.Options{})
		require.NoError(t, err)
		var callers sync.WaitGroup
		for range 64 {
			callers.Go(func() {
				for s.SetOnline(ctx, "a") == nil {
				}
			})
		}
		require.NoError(t, s.Close())
		callers.Wait()
		m.Close()
		require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before }, 5*time.Second, time.Millisecond)
	})

	t.Run("it waits for what is under way", func(t *testing.T) {
		server, s := realServer(t, redisstore.Options{})
		require.NoError(t, s.SetOnline(ctx, "a")) // the server knows the script
		server.Pause(t)
		answered, closed := make(chan error, 1), make(chan struct{})
		go func() { answered <- s.SetOnline(ctx, "a") }()
		time.Sleep(50 * time.Millisecond) // until it is
		go func() { s.Close(); close(closed) }()
		time.Sleep(50 * time.Millisecond)
		select {
		case <-closed:
			t.Error("Close has returned")
		default:
		}
		server.Resume(t)
		require.NoError(t, <-answered)
		<-closed
	})

	t.Run("it waits for a server that does not answer no longer than Timeout", func(t *testing.T) {
		const timeout = 300 * time.Millisecond
		server := redistest.Start(t)
		s, err := redisstore.Open(ctx, "redis://"+server.Addr(), redisstore.Options{Timeout: timeout})
		require.NoError(t, err)
		server.Pause(t)
		failed := make(chan error)
		go func() { failed <- s.SetOnline(ctx, "a") }()
		closed := make(chan struct{})
		go func() {
			time.Sleep(timeout / 3) // the call is under way
			s.Close()
			close(closed)
		}()
		err = <-failed
		require.True(t, errors.Is(err, store.ErrClosed) || errors.Is(err, store.ErrUnavailable), "%v", err)
		select {
		case <-closed:
		case <-time.After(20 * timeout):
			t.Fatal("Close hangs")
		}
		server.Resume(t)
	})

	t.Run("calls after it are refused, Close is not", func(t *testing.T) {
		_, s := mini(t, redisstore.Options{})
		require.NoError(t, s.Close())
		require.NoError(t, s.Close())
		require.ErrorIs(t, s.SetOnline(ctx, "a"), store.ErrClosed)
		require.ErrorIs(t, s.Ping(ctx), store.ErrClosed)
		_, err := s.RefreshMany(ctx, nil)
		require.ErrorIs(t, err, store.ErrClosed)
		_, err = s.Count(ctx)
		require.ErrorIs(t, err, store.ErrClosed)
	})
}
