package redisstore_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func TestOpenKeepsItsContext(t *testing.T) {
	const timeout = time.Minute
	for name, url := range map[string]string{
		"standalone": "redis://%", "TLS": "rediss://%", "Cluster": "redis://%?cluster=true", "Sentinel": "redis://%?master_name=m",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := silent(t)
			began := time.Now()
			_, err := redisstore.Open(within(t, 100*time.Millisecond), strings.Replace(url, "%", addr, 1), redisstore.Options{Timeout: timeout})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Less(t, time.Since(began), timeout/2, "it waited for Options.Timeout")
		})
	}
}

// silent returns the address of a server that accepts connections and says nothing.
func silent(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return l.Addr().String()
}

func TestOpenAndPingWantAServerThatTakesWrites(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	master := redistest.Start(t)
	require.NoError(t, open(t, "redis://"+master.Addr(), redisstore.Options{}).SetOnline(ctx, "b")) // records the layout
	host, port, err := net.SplitHostPort(master.Addr())
	require.NoError(t, err)
	for want, config := range map[string][]string{
		"READONLY":   {"--replicaof", host + " " + port},
		"NOREPLICAS": {"--min-replicas-to-write", "1"},
	} {
		t.Run(want, func(t *testing.T) {
			server := redistest.Start(t, config...)
			_, err := redisstore.Open(ctx, "redis://"+server.Addr(), redisstore.Options{})
			refused(t, err, want)
			s := open(t, "redis://"+server.Addr(), redisstore.Options{Lazy: true})
			refused(t, s.Ping(ctx), want)
			refused(t, s.SetOnline(ctx, "a"), want)
			board.Row(t, "a Redis that takes no writes", board.Figures{Faults: 1, FloorFaults: 1})
		})
	}

	t.Run("a Cluster of which one master takes none", func(t *testing.T) {
		c, s := cluster(t, redisstore.Options{})
		require.NoError(t, s.Ping(ctx))
		require.NoError(t, c.Masters[1].Client(t).ConfigSet(ctx, "min-replicas-to-write", "1").Err())
		require.ErrorContains(t, s.Ping(ctx), "NOREPLICAS")
	})
}

// refused fails unless the error says why the server takes no writes.
func refused(t testing.TB, err error, want string) {
	t.Helper()
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, want)
}

func TestAPingThatOnlyReadsIsFound(t *testing.T) {
	server, s := realServer(t, redisstore.Options{})
	require.NoError(t, server.Client(t).ConfigSet(t.Context(), "min-replicas-to-write", "1").Err())
	refused(t, s.Ping(t.Context()), "NOREPLICAS")
	a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) {
		_, err := s.IsOnline(a.Context(), "a")
		refused(a, err, "NOREPLICAS")
	})
	require.True(t, a.Failed())
}

func TestALazyStoreIsOpenedWhileItsServerIsDown(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t)
	server.Kill()
	for _, url := range []string{"redis://%", "redis://%?cluster=true", "redis://%?master_name=m"} {
		s := open(t, strings.Replace(url, "%", server.Addr(), 1), redisstore.Options{Lazy: true})
		require.ErrorIs(t, s.SetOnline(ctx, "a"), store.ErrUnavailable, url)
	}
	_, err := redisstore.Open(ctx, "http://nowhere", redisstore.Options{Lazy: true})
	require.ErrorIs(t, err, store.ErrInvalid)

	s := open(t, "redis://"+server.Addr(), redisstore.Options{Lazy: true})
	require.ErrorIs(t, s.Ping(ctx), store.ErrUnavailable)
	server.Restart(t)
	require.Eventually(t, func() bool { return s.SetOnline(ctx, "a") == nil }, 10*time.Second, 10*time.Millisecond)
}

func TestOpenWarnsOfAServerThatEvicts(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		limit, policy, user string
		warns               int
	}{
		"it evicts":            {"100mb", "volatile-lru", "default", 1},
		"it refuses writes":    {"100mb", "noeviction", "default", 0},
		"it has no limit":      {"0", "allkeys-lru", "default", 0},
		"the user may not ask": {"100mb", "allkeys-lru", "agent", 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t, "--maxmemory", c.limit, "--maxmemory-policy", c.policy)
			require.NoError(t, server.Client(t).Do(ctx, "ACL", "SETUSER", "agent", "on", "nopass", "~ws:*", "+@all", "-@dangerous", "-@admin").Err())
			said := warned(t, "redis://"+c.user+":any@"+server.Addr(), c.warns, nil)
			board.Row(t, "a Redis that evicts: warnings and silence", board.Figures{Operations: 1, Faults: said, FloorOperations: 1, FloorFaults: c.warns})
		})
	}
}

// warned opens the server and fails unless so many warnings were logged, which it returns.
func warned(t testing.TB, url string, warns int, o *slog.HandlerOptions) int {
	t.Helper()
	var log lines
	open(t, url, redisstore.Options{Logger: slog.New(slog.NewTextHandler(&log, o))})
	require.Equal(t, warns, log.count("noeviction"), "advice")
	require.Equal(t, warns, log.count("level=WARN"), "warnings")
	return warns
}

func TestAWarningThatIsNotOneIsFound(t *testing.T) {
	server := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru")
	attempt.Found(t, "warnings", func(a *attempt.T) {
		warned(a, "redis://"+server.Addr(), 1, &slog.HandlerOptions{ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.LevelKey {
				attr.Value = slog.StringValue("INFO")
			}
			return attr
		}})
	})
}

func TestAPlainURLOfAClusterSaysWhatToDo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := redistest.StartCluster(t, 3)
	for _, addr := range c.Addrs() {
		s := open(t, "redis://"+addr, redisstore.Options{Timeout: time.Minute, Lazy: true})
		for _, id := range ids(20) {
			err := s.SetOnline(within(t, 30*time.Second), id)
			require.ErrorIs(t, err, store.ErrInvalid)
			require.ErrorContains(t, err, "?cluster=true")
		}
		_, err := redisstore.Open(ctx, "redis://"+addr, redisstore.Options{Timeout: time.Minute})
		require.ErrorIs(t, err, store.ErrInvalid)
	}
}
