package backends_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func opened(t *testing.T, url string, o backends.Options) store.LivenessStore {
	t.Helper()
	s, err := backends.Open(t.Context(), url, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.SetOnline(t.Context(), "a"))
	return s
}

func TestOpen(t *testing.T) {
	ttls := store.TTLs{Liveness: time.Hour}

	t.Run("memory: is this process", func(t *testing.T) {
		for _, url := range []string{"memory:", "memory://", "MEMORY:"} {
			s := opened(t, url, backends.Options{TTLs: ttls})
			require.IsType(t, (*memstore.Store)(nil), s)
			requireTTL(t, s, time.Hour)
		}
	})

	t.Run("bolt:///path is that file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "edge.db")
		s := opened(t, "bolt://"+file, backends.Options{TTLs: ttls})
		require.IsType(t, (*boltstore.Store)(nil), s)
		require.FileExists(t, file)
		requireTTL(t, s, time.Hour)
	})

	for url, file := range map[string]string{
		"bolt:edge.db":         "edge.db",
		"bolt:./edge.db":       "edge.db",
		"bolt:data/edge.db":    "data/edge.db",
		"bolt:an%20edge%3F.db": "an edge?.db",
	} {
		t.Run(url+" is a file below the working directory", func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.Mkdir("data", 0o700))
			opened(t, url, backends.Options{})
			require.FileExists(t, file)
		})
	}

	t.Run("redis:// is a server, with the prefix of the options", func(t *testing.T) {
		server := miniredis.RunT(t)
		s := opened(t, "redis://"+server.Addr()+"/0", backends.Options{TTLs: ttls, Prefix: "edge:"})
		require.IsType(t, (*redisstore.Store)(nil), s)
		require.True(t, server.Exists("edge:a"))
		require.Equal(t, time.Hour, server.TTL("edge:a"))
	})
}

func TestEveryOptionReachesItsStore(t *testing.T) {
	ctx := context.Background()
	for url, o := range map[string]backends.Options{
		"memory:":            {MaxOnline: -1},
		"memory://":          {MaxDeaths: -1},
		"bolt:deaths.db":     {MaxDeaths: -1},
		"bolt:edge.db":       {Checkpoint: -1},
		"bolt:other.db":      {OnCorrupt: -1},
		"redis://127.0.0.1":  {Timeout: -1},
		"unix:///redis.sock": {Prefix: "{"},
	} {
		t.Run(url, func(t *testing.T) {
			t.Chdir(t.TempDir())
			_, err := backends.Open(ctx, url, o)
			require.ErrorIs(t, err, store.ErrInvalid)
			_, err = backends.Open(ctx, url, backends.Options{KeepDeaths: -1})
			require.ErrorIs(t, err, store.ErrInvalid)
		})
	}
	s, err := backends.Open(ctx, "redis://127.0.0.1:1", backends.Options{Lazy: true})
	require.NoError(t, err)
	require.ErrorIs(t, s.SetOnline(ctx, "a"), store.ErrUnavailable)
	require.NoError(t, s.Close())
}

func requireTTL(t *testing.T, s store.LivenessStore, want time.Duration) {
	t.Helper()
	status, err := store.Lookup(t.Context(), s, "a")
	require.NoError(t, err)
	require.Greater(t, status.Remaining, want/2)
	require.LessOrEqual(t, status.Remaining, want)
}

func TestOpenRefuses(t *testing.T) {
	for url, want := range map[string]string{
		"":                           "no scheme, want one such as memory:, bolt:edge.db, redis://",
		"edge.db":                    "no scheme, want one such as memory:",
		"etcd://localhost:2379":      "unknown, want one such as memory:, bolt:edge.db, redis://localhost:6379/0, rediss://",
		"localhost:6379":             "unknown, want one such as",
		"memory:x":                   "follows memory:",
		"memory:?max_online=3":       "follows memory:",
		"bolt:":                      "names no file; want bolt:relative/path or bolt:///absolute/path",
		"bolt://edge.db":             "no host; want bolt:relative/path",
		"bolt:edge.db?timeout=1s":    `no parameters, got ["timeout"]; a ? in a path is written %3F`,
		"bolt:edge.db?":              "no parameters",
		"bolt:edge#1.db":             "a # in a path is written %23",
		"bolt:100%.db":               "begins no escape; write it as %25",
		"bolt:///100%.db":            "does not parse",
		"redis://localhost/0?colour": "colour",
	} {
		t.Run(url, func(t *testing.T) {
			_, err := backends.Open(t.Context(), url, backends.Options{})
			require.ErrorIs(t, err, store.ErrInvalid)
			requireOpen(t, err)
			require.ErrorContains(t, err, want)
		})
	}

	t.Run("TTLs that can never work", func(t *testing.T) {
		for _, url := range []string{"memory:", "bolt:edge.db", "redis://localhost"} {
			_, err := backends.Open(t.Context(), url, backends.Options{TTLs: store.TTLs{URL: -1}})
			require.ErrorIs(t, err, store.ErrInvalid)
			requireOpen(t, err)
			require.ErrorContains(t, err, "TTLs.URL")
		}
	})

	t.Run("a context that is done", func(t *testing.T) {
		t.Chdir(t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, url := range []string{"memory:", "bolt:edge.db", "redis://127.0.0.1:1"} {
			_, err := backends.Open(ctx, url, backends.Options{})
			require.ErrorIs(t, err, context.Canceled)
			requireOpen(t, err)
		}
		require.NoFileExists(t, "edge.db")
	})

	t.Run("a server that is not there", func(t *testing.T) {
		_, err := backends.Open(t.Context(), "redis://127.0.0.1:1", backends.Options{})
		require.ErrorIs(t, err, store.ErrUnavailable)
		requireOpen(t, err)
	})

	t.Run("a file that another store has open", func(t *testing.T) {
		url := "bolt://" + filepath.Join(t.TempDir(), "edge.db")
		opened(t, url, backends.Options{})
		_, err := backends.Open(t.Context(), url, backends.Options{})
		require.ErrorIs(t, err, store.ErrLocked)
		requireOpen(t, err)
	})
}

func requireOpen(t *testing.T, err error) {
	t.Helper()
	var e *store.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "Open", e.Op)
}

func TestPasswordsAreNotShown(t *testing.T) {
	for _, url := range []string{
		"redis://:hunter2@127.0.0.1:1/0",
		"redis://user:hunter2@127.0.0.1:1/0?colour=red",
		"redis://user:hunter2%zz@127.0.0.1:1/0",
		"redis://user:hunter2/x@127.0.0.1:1/0",
		"redis://user:hunter2#x@127.0.0.1:1/0",
		"redis://user:hunter2?x@127.0.0.1:1/0",
		"redis://:12/hunter2@127.0.0.1:1/0",
		"redis://127.0.0.1:1/0?master_name=m&password=hunter2",
		"redis://127.0.0.1:1/0?password=hunter2",
		"redis:user:hunter2@127.0.0.1",
		"redis://hunter2@127.0.0.1:1/0",
		"rediss//:hunter2@127.0.0.1:1",
		"user:hunter2@127.0.0.1:1",
		"hunter2@127.0.0.1:1",
		"bolt://user:hunter2@edge/db",
		"hunter2",
	} {
		t.Run("not by an error, not by Redact: "+url, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := backends.Open(ctx, url, backends.Options{})
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hunter2")
			require.NotContains(t, backends.Redact(url), "hunter2")
		})
	}
}

func TestRedactKeepsTheRest(t *testing.T) {
	for url, want := range map[string]string{
		"memory:":                            "memory:",
		"bolt:edge.db":                       "bolt:edge.db",
		"bolt:///var/lib/edge@1.db":          "bolt:///var/lib/edge@1.db",
		"redis://host:6379/2":                "redis://host:6379/2",
		"redis://user:pw@host:6379/2":        "redis://user:xxxxx@host:6379/2",
		"rediss://:pw@host/0?addr=h2:6379":   "rediss://:xxxxx@host/0?addr=h2:6379",
		"redis://host?master_name=m&user=pw": "redis://host?master_name=m&user=pw",
		"etcd://host":                        "xxxxx",
	} {
		require.Equal(t, want, backends.Redact(url))
	}
}
