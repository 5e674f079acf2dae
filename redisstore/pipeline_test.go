package redisstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// trips counts the round trips of a client.
type trips struct{ n atomic.Int64 }

func (*trips) DialHook(next redis.DialHook) redis.DialHook { return next }
func (h *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.n.Add(1)
		return next(ctx, cmd)
	}
}

func (h *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.n.Add(1)
		return next(ctx, cmds)
	}
}

func TestPipeline(t *testing.T) {
	ctx := context.Background()

	t.Run("a heartbeat is one command and one round trip", func(t *testing.T) {
		const heartbeats = 100
		server := redistest.Start(t)
		client, counted := server.Client(t), &trips{}
		client.AddHook(counted)
		s, err := redisstore.New(client, redisstore.Options{})
		require.NoError(t, err)
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.NoError(t, server.Client(t).ConfigResetStat(ctx).Err())
		counted.n.Store(0)
		for range heartbeats {
			registered, err := store.Heartbeat(ctx, s, "a")
			require.NoError(t, err)
			require.False(t, registered)
		}
		require.EqualValues(t, heartbeats, counted.n.Load())
		require.Equal(t, heartbeats, server.Commands(t, "pexpire"))
		allowed := map[string]int{"ping": 1} // that of the line
		for _, other := range []string{"get", "set", "setnx", "exists", "ping", "evalsha"} {
			require.LessOrEqual(t, server.Commands(t, other), allowed[other], other)
		}
	})

	t.Run("many callers share round trips", func(t *testing.T) {
		const callers, each = 64, 200
		server := redistest.Start(t)
		client, counted := server.Client(t), &trips{}
		client.AddHook(counted)
		s, err := redisstore.New(client, redisstore.Options{})
		require.NoError(t, err)
		require.NoError(t, s.SetOnline(ctx, "a"))
		counted.n.Store(0)
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for range each {
					if err := s.RefreshTTL(ctx, "a"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		require.Equal(t, callers*each, server.Commands(t, "pexpire"))
		require.Less(t, counted.n.Load(), int64(callers*each/4))
	})

	t.Run("a list is one round trip for every thousand", func(t *testing.T) {
		const n, full = 2500, 1000
		server := redistest.Start(t)
		client, counted := server.Client(t), &trips{}
		client.AddHook(counted)
		s, err := redisstore.New(client, redisstore.Options{})
		require.NoError(t, err)
		require.NoError(t, s.Clear(ctx, "other")) // records the layout
		counted.n.Store(0)
		refreshed, err := s.RefreshMany(ctx, ids(n))
		require.NoError(t, err)
		require.Len(t, refreshed, n)
		require.EqualValues(t, (n+full-1)/full, counted.n.Load())
	})

	t.Run("a call that is cancelled while the client connects is never sent", func(t *testing.T) {
		server := redistest.Start(t)
		gate := make(chan struct{})
		client := redis.NewClient(&redis.Options{
			Addr: server.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true,
			Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
				<-gate
				return (&net.Dialer{}).DialContext(ctx, network, addr)
			},
		})
		defer client.Close()
		s, err := redisstore.New(client, redisstore.Options{})
		require.NoError(t, err)
		require.ErrorIs(t, s.SetOnline(within(t, 50*time.Millisecond), "a"), context.DeadlineExceeded)
		close(gate)
		require.NoError(t, s.Ping(ctx))
		require.Zero(t, server.Commands(t, "setnx"))
		require.Zero(t, server.Commands(t, "set"))
	})

	t.Run("a call that is cancelled while others are under way is never sent", func(t *testing.T) {
		const callers = 32
		server, s := realServer(t, redisstore.Options{})
		server.Pause(t)
		var busy sync.WaitGroup
		for range 2 { // as many pipelines as are under way at once
			busy.Go(func() { _ = s.RefreshTTL(ctx, "busy") })
			time.Sleep(20 * time.Millisecond) // each goes alone
		}
		var cancelled sync.WaitGroup
		for range callers {
			cancelled.Go(func() {
				err := s.SetOnline(within(t, 50*time.Millisecond), "a")
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		cancelled.Wait()
		server.Resume(t)
		busy.Wait()
		require.NoError(t, s.Ping(ctx))
		require.Zero(t, server.Commands(t, "set"))
	})

	t.Run("a write whose reply is lost is not sent again", func(t *testing.T) {
		server, c := redistest.Start(t), redistest.StartCluster(t, 3)
		var lose atomic.Bool
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return lossy{conn, &lose}, err
		}
		for name, client := range map[string]redis.UniversalClient{
			"standalone": redis.NewClient(&redis.Options{
				Addr: server.Addr(), Dialer: dial, MaxRetries: 3, ContextTimeoutEnabled: true,
			}),
			"cluster": redis.NewClusterClient(&redis.ClusterOptions{
				Addrs: c.Addrs(), Dialer: dial, MaxRetries: 3, ContextTimeoutEnabled: true,
			}),
		} {
			defer client.Close()
			s, err := redisstore.New(client, redisstore.Options{})
			require.NoError(t, err)
			require.NoError(t, s.SetOnline(ctx, "a"), name)
			lose.Store(true)
			require.ErrorIs(t, s.SetOnline(ctx, "a"), store.ErrUnavailable, name)
		}
		require.Equal(t, 2, server.Commands(t, "set"))
		sets := 0
		for _, m := range c.Masters {
			sets += m.Commands(t, "set")
		}
		require.Equal(t, 2, sets)
	})
}

// lossy is a connection that breaks, once lose is set, with the next answer of
// the server.
type lossy struct {
	net.Conn
	lose *atomic.Bool
}

func (l lossy) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if l.lose.CompareAndSwap(true, false) {
		l.Conn.Close()
		return 0, io.EOF
	}
	return n, err
}

// A hook that reads commands, as tracing does, is no server that has them: a caller
// that has gone before there is a connection has no effect.
func TestAHookThatReadsCommandsChangesNothing(t *testing.T) {
	ctx := context.Background()
	for name, call := range map[string]func(ctx context.Context, s *redisstore.Store) error{
		"one command":      func(ctx context.Context, s *redisstore.Store) error { return s.Clear(ctx, "a") },
		"several commands": func(ctx context.Context, s *redisstore.Store) error { return s.ClearMany(ctx, []string{"a", "b"}) },
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			var stuck atomic.Bool
			dial := make(chan struct{})
			client := redis.NewClient(&redis.Options{
				Addr: server.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true, PoolSize: 1,
				ConnMaxLifetime: time.Millisecond, // each call connects
				Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
					if stuck.Load() {
						<-dial
					}
					return net.Dial(network, addr)
				},
			})
			t.Cleanup(func() { client.Close() })
			read := new(reading)
			client.AddHook(read)
			s, err := redisstore.New(client, redisstore.Options{Timeout: time.Minute})
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			require.NoError(t, call(ctx, s)) // now the server knows the script
			require.NoError(t, s.SetOnline(ctx, "a"))
			require.NoError(t, s.SetOnline(ctx, "b"))
			require.Positive(t, read.n.Load(), "the hook sees commands")
			time.Sleep(10 * time.Millisecond)
			stuck.Store(true)
			require.ErrorIs(t, call(within(t, 50*time.Millisecond), s), context.DeadlineExceeded)
			stuck.Store(false)
			close(dial)
			require.NoError(t, s.SetOnline(ctx, "last"))
			require.EqualValues(t, 2, server.Client(t).Exists(ctx, "ws:a", "ws:b").Val(), "a call that had ended has an effect")
		})
	}
}

// reading is a hook that reads the commands before they are sent.
type reading struct{ n atomic.Int64 }

func (*reading) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *reading) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.n.Add(int64(len(cmd.Args())))
		return next(ctx, cmd)
	}
}

func (h *reading) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			h.n.Add(int64(len(cmd.Args())))
		}
		return next(ctx, cmds)
	}
}
