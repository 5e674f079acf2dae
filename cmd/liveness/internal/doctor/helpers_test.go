package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
)

// fault is something that breaks liveness, and the finding that it must lead to.
type fault struct {
	name  string
	plant func(t *testing.T) (examine func() []Finding)
	check string
	level Level
	saw   string // a part of what was seen
	also  []string
}

// try plants the fault, examines, and requires the finding, and no other that is wrong
// but those of also.
func (f fault) try(t *testing.T) {
	t.Parallel()
	findings := f.plant(t)()
	i := slices.IndexFunc(findings, func(g Finding) bool {
		return g.Check == f.check && g.Level == f.level && strings.Contains(g.Saw, f.saw)
	})
	require.GreaterOrEqual(t, i, 0, "no finding %s %s with %q in\n%s", f.level, f.check, f.saw, list(findings))
	require.NotEmpty(t, findings[i].Mend)
	for _, g := range findings {
		if g.Level == Wrong && g.Check != f.check {
			require.Contains(t, f.also, g.Check, list(findings))
		}
	}
	g := findings[i]
	t.Logf("%-36s %-8s %-12s %s", f.name, g.Level, g.Check, g.Saw)
}

func list(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%-8s %-12s %-22s %s | %s\n", f.Level, f.Check, f.Where, f.Saw, f.Mend)
	}
	return b.String()
}

// well requires that nothing is wrong, and that each check was made.
func well(t *testing.T, findings []Finding, checks ...string) {
	t.Helper()
	seen := make(map[string]bool)
	for _, f := range findings {
		require.NotEqual(t, Wrong, f.Level, list(findings))
		require.NotEqual(t, Unknown, f.Level, list(findings))
		seen[f.Check] = true
	}
	for _, c := range checks {
		require.True(t, seen[c], "%s was not examined:\n%s", c, list(findings))
	}
}

// onServer examines a server, and requires that nothing in it changes.
func onServer(t *testing.T, o Options, s *redistest.Server) func() []Finding {
	return func() []Finding {
		c := s.Client(t)
		before := digest(t, c)
		findings := redisAt(t, "redis://"+s.Addr(), o)
		require.Equal(t, before, digest(t, c), "the examination changed the data")
		return findings
	}
}

func redisAt(t *testing.T, url string, o Options) []Finding {
	t.Helper()
	findings, err := Redis(t.Context(), url, o)
	require.NoError(t, err)
	return findings
}

// digest tells all data of a server, and how often it changed.
func digest(t *testing.T, c *redis.Client) string {
	t.Helper()
	ctx := context.Background()
	var b strings.Builder
	keys := c.Keys(ctx, "*").Val()
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "%s %x %v\n", k, c.Dump(ctx, k).Val(), c.PExpireTime(ctx, k).Val())
	}
	info, err := c.Info(ctx, "persistence").Result()
	require.NoError(t, err)
	_, changes, _ := strings.Cut(info, "rdb_changes_since_last_save:")
	changes, _, _ = strings.Cut(changes, "\r")
	fmt.Fprintf(&b, "%d keys, %s changes", c.DBSize(ctx).Val(), changes)
	return b.String()
}

// used starts a server on which workspaces are online.
func used(t *testing.T, config ...string) *redistest.Server {
	t.Helper()
	s := redistest.Start(t, config...)
	register(t, "redis://"+s.Addr())
	return s
}

func register(t *testing.T, url string) {
	t.Helper()
	store, err := redisstore.Open(t.Context(), url, redisstore.Options{})
	require.NoError(t, err)
	defer store.Close()
	for i := range 30 {
		require.NoError(t, store.Register(t.Context(), fmt.Sprint("agent-", i), "http://a:1", "http://b:1"))
	}
	require.NoError(t, store.Expire(t.Context(), "agent-0"))
}

// do runs a command on a server.
func do(t *testing.T, s *redistest.Server, args ...any) {
	t.Helper()
	require.NoError(t, s.Client(t).Do(t.Context(), args...).Err(), "%v", args)
}

// between puts a proxy before a server that delays and rewrites replies.
func between(t *testing.T, s *redistest.Server, delay time.Duration, old, replaced string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", s.Addr())
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				defer server.Close()
				_, _ = io.Copy(server, client)
			}()
			go func() {
				defer client.Close()
				reply := make([]byte, 1<<16)
				for {
					n, err := server.Read(reply)
					if err != nil {
						return
					}
					time.Sleep(delay)
					_, _ = client.Write(bytes.ReplaceAll(reply[:n], []byte(old), []byte(replaced)))
				}
			}()
		}
	}()
	return l.Addr().String()
}
