package command

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/cmd/liveness/internal/verify"
	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
)

// keysOf returns all keys of the servers.
func keysOf(t *testing.T, servers ...*redistest.Server) (keys []string) {
	t.Helper()
	for _, s := range servers {
		of, err := s.Client(t).Keys(t.Context(), "*").Result()
		require.NoError(t, err)
		keys = append(keys, of...)
	}
	return keys
}

func TestVerifyLeavesAServerAsItWas(t *testing.T) {
	t.Parallel()
	const least = 10 // checks of these clauses
	foreign := []string{"other", "ws:agent", "ws:agent:url", "liveness-verify", "liveness-verify-"}
	for name, start := range map[string]func(t *testing.T) (url string, servers []*redistest.Server){
		"standalone": func(t *testing.T) (string, []*redistest.Server) {
			s := redistest.Start(t)
			return "redis://" + s.Addr(), []*redistest.Server{s}
		},
		"sentinel": func(t *testing.T) (string, []*redistest.Server) {
			s := redistest.StartSentinel(t)
			return s.URL(), []*redistest.Server{s.Master}
		},
		"cluster": func(t *testing.T) (string, []*redistest.Server) {
			c := redistest.StartCluster(t, 3)
			return "redis://" + c.Masters[0].Addr() + "?cluster=true", c.Masters
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, servers := start(t)
			client, err := redisstore.NewClient(url, redisstore.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { client.Close() })
			for _, key := range foreign {
				require.NoError(t, client.Set(t.Context(), key, "theirs", 0).Err())
			}
			code, stdout, stderr := called(t, "verify", "--store", url, "--clause", "C4,Note,Registrar", "--short", "--json")
			require.Equal(t, exitOK, code, stdout+stderr)
			var r verify.Report
			require.NoError(t, json.Unmarshal([]byte(stdout), &r))
			require.GreaterOrEqual(t, r.Passed, least)
			require.Zero(t, r.Failed)
			require.Contains(t, stderr, "The run uses "+r.Where)
			require.Contains(t, stderr, "checks, 0 failed")
			require.ElementsMatch(t, foreign, keysOf(t, servers...))
			for _, key := range foreign {
				require.Equal(t, "theirs", client.Get(t.Context(), key).Val())
			}
		})
	}
}

func TestVerifyBlamesAServerThatEvictsOnItsClause(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory-policy", "allkeys-lru")
	client := server.Client(t)
	tight(t, client, 300<<10)
	code, stdout, stderr := called(t, "verify", "--store", "redis://"+server.Addr(), "--clause", "C11")
	require.Equal(t, exitFailed, code, stdout)
	require.Contains(t, stdout, "FAILED  C11/each-workspace-of-many-is-taken-and-kept-or-refused")
	require.Contains(t, stdout, "C11: A live workspace is never forgotten to make room")
	require.NotContains(t, stdout, "panic")
	require.Regexp(t, `^liveness verify: \d+ of \d+ checks failed: the store does not keep C11$`, lastLine(stderr))
	require.Empty(t, keysOf(t, server))
}

// tight leaves a server little more memory than it uses.
func tight(t *testing.T, client *redis.Client, more int) {
	t.Helper()
	used, err := client.InfoMap(t.Context(), "memory").Result()
	require.NoError(t, err)
	n, err := strconv.Atoi(used["Memory"]["used_memory"])
	require.NoError(t, err)
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", strconv.Itoa(n+more)).Err())
}

func TestVerifyRunsNothingOnAReplica(t *testing.T) {
	master := redistest.Start(t)
	host, port, _ := strings.Cut(master.Addr(), ":")
	replica := redistest.Start(t, "--replicaof", host+" "+port)
	code, stdout, stderr := called(t, "verify", "--store", "redis://"+replica.Addr())
	require.Equal(t, exitFailed, code)
	require.Empty(t, stdout)
	require.Contains(t, lastLine(stderr), "READONLY")
	require.NotContains(t, stderr, "The run uses")
	require.Empty(t, keysOf(t, master))
}

func TestVerifyUsesTheDiskOfAFileAndNotTheFile(t *testing.T) {
	const content = "precious"
	dir := t.TempDir()
	path := filepath.Join(dir, "edge.db")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	code, stdout, stderr := called(t, "verify", "--store", "bolt:"+path, "--clause", "C4,Note")
	require.Equal(t, exitOK, code, stdout+stderr)
	require.Contains(t, stderr, "The run uses files in "+dir)
	require.Contains(t, stdout, "skipped: 1 because they would make the store unreachable\n")
	left, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, content, string(left))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
}

// watched is a stream on which something is done once a text is written.
type watched struct {
	bytes.Buffer
	text string
	do   func()
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if bytes.Contains(p, []byte(w.text)) {
		w.do()
	}
	return n, err
}

func TestVerifyRemovesWhatItWroteAlsoWhenItIsInterrupted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	ctx, interrupt := context.WithCancel(t.Context())
	wrote := 0
	stderr := &watched{text: " checks, "}
	stderr.do = func() { wrote = max(wrote, len(keysOf(t, server))); interrupt() }
	var stdout bytes.Buffer
	code := Run(ctx, []string{"verify", "--store", "redis://" + server.Addr()}, strings.NewReader(""), &stdout, stderr)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stdout.String(), "because the run was ended")
	require.Contains(t, lastLine(stderr.String()), "interrupted")
	require.Positive(t, wrote)
	require.Empty(t, keysOf(t, server))
}

func TestVerifyWithoutACheckFails(t *testing.T) {
	code, stdout, stderr := called(t, "verify", "--store", "memory:", "--clause", "C8")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stdout, "they would make the store unreachable")
	require.Contains(t, lastLine(stderr), "no check ran")
}

func TestVerifyRefusesWhatCanNeverWork(t *testing.T) {
	for line, want := range map[string]string{
		"--clause C99 --store memory:":      `there is no clause or check "C99", want`,
		"--prefix ws: --store memory:":      "--prefix is of no use",
		"--store bolt:/nowhere/at/all.db":   "no directory can be made beside /nowhere/at/all.db",
		"redis://:hunter2@localhost:6379/0": "accepts no argument",
	} {
		t.Run(line, func(t *testing.T) {
			code, stdout, stderr := called(t, append([]string{"verify"}, strings.Fields(line)...)...)
			require.NotEqual(t, exitOK, code)
			require.Empty(t, stdout)
			require.Contains(t, lastLine(stderr), want)
			require.NotContains(t, stderr, "hunter2")
		})
	}
}

func TestProgressOfVerify(t *testing.T) {
	for name, c := range map[string]struct {
		terminal bool
		want     string
	}{
		"is one line on a terminal":        {true, "\r  1 of 20 checks, 1 failed, 0s\x1b[K\r  2 of 20 checks, 1 failed, 0s\x1b[K\r\x1b[K"},
		"is a line for each tenth of them": {false, "  2 of 20 checks, 1 failed, 0s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var w bytes.Buffer
			p := &checksEnded{w: &w, terminal: c.terminal, began: time.Now()}
			p.ended(conformance.Result{Outcome: conformance.Failed}, 1, 20)
			p.ended(conformance.Result{Outcome: conformance.Passed}, 2, 20)
			p.end()
			require.Equal(t, c.want, w.String())
		})
	}
}
