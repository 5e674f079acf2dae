package redisstore_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const password = "pass-w0rd/?#"

// escaped is the password as a URL has it.
const escaped = "pass-w0rd%2F%3F%23"

// wantNoPassword fails if the text shows a part of the password.
func wantNoPassword(t testing.TB, text string) {
	t.Helper()
	require.NotContains(t, text, "w0rd")
}

func TestPassword(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t, "--requirepass", password)

	t.Run("it opens the server", func(t *testing.T) {
		s := open(t, "redis://:"+escaped+"@"+server.Addr(), redisstore.Options{})
		require.NoError(t, s.SetOnline(ctx, "a"))
	})

	t.Run("it is never shown", func(t *testing.T) {
		other := redistest.Start(t)
		urls := []string{
			"redis://:" + escaped + "-wrong@" + server.Addr(),
			"redis://w0rd:" + escaped + "@" + server.Addr(),
			"redis://:" + escaped + "@127.0.0.1:1",
			"redis://:" + escaped + "@host.invalid:6379",
			"redis://:" + escaped + "@127.0.0.1:1?cluster=true",
			"redis://:" + escaped + "@127.0.0.1:1?master_name=m&password=" + escaped,
			"redis://:" + escaped + "@" + other.Addr() + "?master_name=m",
			"redis://:" + escaped + "@" + other.Addr() + "?cluster=true",
			"redis://:" + escaped + "@" + other.Addr() + "/x",
			"redis://:" + escaped + "@" + other.Addr() + "?password=" + escaped,
			"redis://:" + escaped + "@" + other.Addr() + "?cluster=" + escaped,
			"redis://:" + escaped + "@" + other.Addr() + "?max_retries=3",
			"redis://:" + escaped + "@" + other.Addr() + "?replica_only=true&master_name=m",
			"redis://:w0rd/" + other.Addr(),
			"redis://:" + password + "@" + other.Addr(),
			"redis://user:12/w0rd@" + other.Addr(),
			"redis://user:12?w0rd@" + other.Addr(),
			"redis://user:12?w0rd=@" + other.Addr(),
			"redis://user:12#w0rd@" + other.Addr(),
			"redis://:12/w0rd@" + other.Addr(),
			"redis://:12?w0rd@" + other.Addr(),
			"redis://:12?w0rd=@" + other.Addr(),
			"redis://:12#w0rd@" + other.Addr(),
			"redis://:w0rd%zz@" + other.Addr(),
			"redis://:w0rd@[::1:6379",
			"redis://:w0rd\n@" + other.Addr(),
			"redis:w0rd@" + other.Addr(),
			":w0rd@" + other.Addr(),
			"w0rd@" + other.Addr(),
			"http://:w0rd@" + other.Addr(),
			"redis://:w0rd@/0",
		}
		for _, url := range urls {
			var log bytes.Buffer
			s, err := redisstore.Open(ctx, url, redisstore.Options{
				Timeout: time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			if !strings.Contains(url, other.Addr()) || err != nil {
				require.Error(t, err, url)
				wantNoPassword(t, err.Error())
			} else {
				require.NoError(t, s.Close())
			}
			wantNoPassword(t, log.String())
		}
		board.Row(t, "secrets in URLs: errors and log lines without them", board.Figures{Operations: len(urls), FloorOperations: 30})
	})

	t.Run("a new one on the server means that nothing is done or known", func(t *testing.T) {
		server, s := realServer(t, redisstore.Options{})
		admin := server.Client(t)
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.NoError(t, admin.ConfigSet(ctx, "requirepass", password).Err())
		stale := open(t, "redis://:"+escaped+"@"+server.Addr(), redisstore.Options{})
		require.NoError(t, admin.ConfigSet(ctx, "requirepass", "another").Err())
		require.NoError(t, admin.Do(ctx, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").Err())
		for range 2 {
			require.ErrorIs(t, stale.SetOnline(ctx, "b"), store.ErrUnavailable)
			_, err := stale.IsOnline(ctx, "a")
			require.ErrorIs(t, err, store.ErrUnavailable)
		}
	})

	t.Run("a wrong one means that the store is not to be had, not that nobody is online", func(t *testing.T) {
		s, err := redisstore.New(raw(t, server.Addr()), redisstore.Options{})
		require.NoError(t, err)
		_, err = s.IsOnline(ctx, "a")
		require.ErrorIs(t, err, store.ErrUnavailable)
		_, err = redisstore.Open(ctx, "redis://:wrong@"+server.Addr()+"/2", redisstore.Options{})
		require.ErrorIs(t, err, store.ErrUnavailable)
	})
}

// The errors of net/url quote what they cannot read.
func TestAnErrorThatQuotesAPasswordIsFound(t *testing.T) {
	broken := fmt.Sprintf("redis://:w0rd%c@127.0.0.1:1", '\n')
	_, err := url.Parse(broken)
	require.Error(t, err)
	a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) { wantNoPassword(a, err.Error()) })
	require.True(t, a.Failed())
}

func TestURL(t *testing.T) {
	ctx := context.Background()

	t.Run("what cannot be used is refused by name", func(t *testing.T) {
		for url, names := range map[string]string{
			"":                                              "redis://",
			"localhost:6379":                                "redis://",
			"http://h":                                      "redis://",
			"redis://":                                      "no host",
			"redis://h/x":                                   "database",
			"redis://h/-1":                                  "database is -1",
			"redis://h?max_retrys=3":                        "max_retrys",
			"redis://h?max_retries=3":                       "max_retries is 3",
			"redis://h?dial_timeout=soon":                   "dial_timeout",
			"redis://h?cluster=yes":                         "cluster",
			"redis://h?addr=h2:1&cluster=false":             "cluster=false",
			"redis://h?addr=h2":                             "addr",
			"redis://h/3?cluster=true":                      "database 0",
			"redis://h?cluster=true&read_only=true":         "ReadOnly",
			"redis://h?master_name=m&cluster=true":          "master_name",
			"redis://h?master_name=":                        "master_name is empty",
			"redis://h?master_name=m&replica_only=true":     "replica_only",
			"redis://h?master_name=m&route_by_latency=true": "route_by_latency",
			"redis://h?master_name=m&route_randomly=true":   "route_randomly",
			"redis://h?a=%zz":                               "parameters",
			"unix://":                                       "path",
			"unix:///tmp/redis.sock?cluster=true":           "path",
			"redis://h?master_name=m&addr=h2:1&unheard_of=whatever": "unheard_of",
		} {
			_, err := redisstore.Open(ctx, url, redisstore.Options{})
			require.ErrorIs(t, err, store.ErrInvalid, url)
			require.ErrorContains(t, err, names, url)
		}
	})

	t.Run("a server that is not there is unavailable", func(t *testing.T) {
		for _, url := range []string{"redis://127.0.0.1:1", "redis://127.0.0.1:1?cluster=true", "redis://127.0.0.1:1?master_name=m", "unix:///nowhere"} {
			_, err := redisstore.Open(ctx, url, redisstore.Options{Timeout: time.Second})
			require.ErrorIs(t, err, store.ErrUnavailable, url)
		}
	})

	t.Run("a context that is done is its error", func(t *testing.T) {
		server := redistest.Start(t)
		done, cancel := context.WithCancel(ctx)
		cancel()
		_, err := redisstore.Open(done, "redis://"+server.Addr(), redisstore.Options{})
		require.ErrorIs(t, err, context.Canceled)
	})
}

const loading = "LOADING Redis is loading the dataset in memory"

func TestLoadingServer(t *testing.T) {
	waited := func(t *testing.T) {
		board.Row(t, "a Redis that loads its data", board.Figures{Faults: 1, FloorFaults: 1})
	}

	t.Run("a call waits until the data is there", func(t *testing.T) {
		dataIsAwaited(t, (*redisstore.Store).IsOnline)
		waited(t)
	})

	t.Run("but no longer than Timeout, and says why", func(t *testing.T) {
		m, s := mini(t, redisstore.Options{Timeout: 100 * time.Millisecond})
		m.SetError(loading)
		_, err := s.IsOnline(context.Background(), "a")
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "LOADING")
		waited(t)
	})

	t.Run("and no longer than its context", func(t *testing.T) {
		m, s := mini(t, redisstore.Options{})
		m.SetError(loading)
		require.ErrorIs(t, s.RefreshTTL(within(t, 20*time.Millisecond), "a"), context.DeadlineExceeded)
		waited(t)
	})
}

// dataIsAwaited asks about a living workspace while the server loads its data.
func dataIsAwaited(t testing.TB, ask func(s *redisstore.Store, ctx context.Context, id string) (bool, error)) {
	t.Helper()
	m, s := mini(t, redisstore.Options{})
	require.NoError(t, s.SetOnline(context.Background(), "a"))
	m.SetError(loading)
	time.AfterFunc(50*time.Millisecond, func() { m.SetError("") })
	online, err := ask(s, context.Background(), "a")
	require.NoError(t, err)
	require.True(t, online, "a living workspace is offline")
}

func TestACallThatDoesNotWaitForTheDataIsFound(t *testing.T) {
	attempt.Found(t, "a living workspace is offline", func(a *attempt.T) {
		dataIsAwaited(a, func(s *redisstore.Store, ctx context.Context, id string) (bool, error) {
			const soon = 5 * time.Millisecond
			ctx, cancel := context.WithTimeout(ctx, soon)
			defer cancel()
			online, _ := s.IsOnline(ctx, id)
			return online, nil
		})
	})
}

// TestRestrictedUser uses all there is as a user who may do nothing dangerous,
// in another database, with notifications disabled.
func TestRestrictedUser(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := redistest.Start(t, "--notify-keyspace-events", "")
	user := []any{"ACL", "SETUSER", "agent", "on", ">secret", "~ws:*", "resetchannels", "-@all"}
	for _, right := range permissions(t) {
		user = append(user, right)
	}
	require.NoError(t, server.Client(t).Do(ctx, user...).Err())
	s := open(t, "redis://agent:secret@"+server.Addr()+"/3", redisstore.Options{TTLs: store.TTLs{Liveness: 3 * time.Second}})
	require.NoError(t, s.Ping(ctx))
	require.NoError(t, s.SetOnline(ctx, "a"))
	require.NoError(t, s.RefreshTTL(ctx, "a"))
	require.NoError(t, s.CacheURL(ctx, "a", "http://a"))
	n, err := s.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = s.Discover(ctx, time.Minute)
	require.NoError(t, err)

	_, err = s.Sweep(ctx, 0, driver.SweepOptions{Interval: 3 * time.Second})
	require.NoError(t, err)
	adopt(t, s, 0, "b")
	require.Equal(t, []string{"a"}, watchFor(t, s, 0, 4500*time.Millisecond), "lives and grace end")
	held := claim(t, s, 0, "a", "b")
	_, err = s.Extend(ctx, held, lease)
	require.NoError(t, err)
	_, err = s.Release(ctx, held[0], time.Second)
	require.NoError(t, err)
	done, err := s.Acknowledge(ctx, held[1])
	require.NoError(t, err)
	require.True(t, done)
	_, err = s.Note(ctx, 0, "", "note")
	require.NoError(t, err)
	for d, err := range s.Deaths(ctx, 0) {
		require.NoError(t, err)
		require.Equal(t, held[0].ID, d.ID)
	}
	require.NoError(t, s.Forget(ctx, []string{"a"}))
	require.NoError(t, s.ClearMany(ctx, []string{"a", "b"}))
}
