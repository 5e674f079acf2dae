package command

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/pictures"
	"github.com/molecule-ai/liveness/store"
)

func TestSimulate(t *testing.T) {
	t.Run("by default it shows the incident and its cure", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			code, stdout, stderr := called(t, "simulate")
			require.Equal(t, exitOK, code)
			require.NotContains(t, stderr, "liveness simulate:")
			require.Contains(t, stderr, "TTL 180s: 12 min of 40 min, 0 false alarms, ", "it tells how far it is")
			require.Contains(t, stdout, "TTL 60s restarted 4 healthy leaders, ")
			require.Contains(t, stdout, "TTL 60s with stalls announced restarted no healthy workspace.\n")
			require.Contains(t, stdout, "TTL 60s with Probe restarted no healthy workspace.\n")
			require.Contains(t, stdout, "TTL 180s restarted no healthy workspace.\n")
			require.Contains(t, stdout, "seed 1; store memory:\n")
		})
	})

	t.Run("a monitor that is killed and an outage change nothing with 180 s", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			code, stdout, _ := called(t, "simulate", "--monitors", "3", "--kill-monitor", "--outage", "15m")
			require.Equal(t, exitOK, code)
			require.Contains(t, stdout, "\n3 monitors; one is killed while it holds a report; no store for 15 min\n")
			require.Contains(t, stdout, "TTL 180s restarted no healthy workspace.\nTTL 180s reported 5 of 5 deaths.\n")
		})
	})

	t.Run("with --json the one document is all there is", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			code, stdout, _ := called(t, "simulate", "--json", "--workspaces", "20", "--duration", "10m", "--seed", "3")
			require.Equal(t, exitOK, code)
			var doc struct {
				Seed, Workspaces int
				Runs             []any
			}
			d := json.NewDecoder(strings.NewReader(stdout))
			require.NoError(t, d.Decode(&doc))
			require.False(t, d.More())
			require.Equal(t, 3, doc.Seed)
			require.Equal(t, 20, doc.Workspaces)
			require.Len(t, doc.Runs, 4)
		})
	})

	for flag, want := range map[string]string{
		"--sped=3":           "unknown flag: --sped; did you mean --seed or --speed?",
		"--speed=fast":       `--speed is "fast", want a whole number`,
		"--prefix=x":         "--prefix is of no use",
		"--speed=0":          "--speed is 0, want 1 to 1000",
		"--duration=1s":      "--duration is 1s, want 10m0s to",
		"--monitors=0":       "--monitors is 0, want 1 to",
		"--kill-monitor":     "--monitors is 1, want 2 or more with --kill-monitor",
		"--outage=1m":        "--outage is 1m0s, want 0 or more than 1m30s with --speed 240",
		"--picture=gateway":  "--picture is \"gateway\", want one of\n  gateway-4m ",
		"memory:":            "accepts no argument, received 1",
		"--store=":           "no scheme, want one such as memory:, bolt:edge.db",
		"--store=etcd://h":   "is unknown, want one such as memory:, bolt:edge.db",
		"--store=memory:?a=": "memory: which is a whole URL",
	} {
		t.Run(flag+" is wrong usage", func(t *testing.T) {
			code, stdout, stderr := called(t, "simulate", flag)
			require.Equal(t, exitUsage, code)
			require.Empty(t, stdout)
			require.Contains(t, stderr, want)
		})
	}

	t.Run("what a picture has no use for is wrong usage with it", func(t *testing.T) {
		code, stdout, stderr := called(t, "simulate", "--picture", "one-dies", "--outage", "15m")
		require.Equal(t, exitUsage, code)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "--outage is of no use with --picture")
	})

	t.Run("--picture list names the pictures", func(t *testing.T) {
		code, stdout, stderr := called(t, "simulate", "--picture", "list")
		require.Equal(t, exitOK, code)
		require.Equal(t, pictures.Names(), stdout)
		require.Empty(t, stderr)
	})

	t.Run("a picture shows what was reported in it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			code, stdout, _ := called(t, "simulate", "--picture", "three-die", "--workspaces", "50")
			require.Equal(t, exitOK, code)
			require.Contains(t, stdout, "three-die: three really die at once.\n50 workspaces, ")
			require.Regexp(t, `\nworkspaces reported +3\nhealthy workspaces reported dead +0\nworkspaces that really died +3\n`, stdout)
			require.Regexp(t, `\n  not reported +0\n`, stdout)
		})
	})

	t.Run("a picture as JSON is one document", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			code, stdout, _ := called(t, "simulate", "--picture", "gateway-4m", "--workspaces", "50", "--json")
			require.Equal(t, exitOK, code)
			var doc struct {
				Picture string
				Elapsed float64 `json:"elapsed_s"`
				Trusted bool
			}
			require.NoError(t, json.Unmarshal([]byte(stdout), &doc))
			require.Equal(t, "gateway-4m", doc.Picture)
			require.Greater(t, doc.Elapsed, 22*60.0)
			require.True(t, doc.Trusted)
		})
	})

	t.Run("a store that cannot be reached is a failure, without its password", func(t *testing.T) {
		code, stdout, stderr := called(t, "simulate", "--store", "redis://:hunter2@127.0.0.1:1/0")
		require.Equal(t, exitFailed, code)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "unavailable")
		require.NotContains(t, stderr, "hunter2")
	})
}

func TestSimulateBesideOthers(t *testing.T) {
	for _, args := range [][]string{{"--duration", "10m"}, {"--picture", "one-dies"}} {
		t.Run("on Redis a real fleet is not disturbed and nothing of the simulation stays: "+args[0], func(t *testing.T) {
			server := miniredis.RunT(t)
			require.NoError(t, server.Set("ws:a", "online"))

			code, stdout, stderr := called(t, append([]string{"simulate", "--store", "redis://" + server.Addr(),
				"--workspaces", "20", "--speed", "1000"}, args...)...)

			require.Contains(t, stdout, "20 workspaces", stderr)
			require.NotEqual(t, exitUsage, code)
			require.Equal(t, []string{"ws:a"}, server.Keys())
			got, err := server.Get("ws:a")
			require.NoError(t, err)
			require.Equal(t, "online", got)
		})
	}

	t.Run("after Ctrl-C too no key stays on Redis", func(t *testing.T) {
		server := miniredis.RunT(t)
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		ended := make(chan struct{})
		var stdout, stderr bytes.Buffer
		go func() {
			defer close(ended)
			Run(ctx, []string{"simulate", "--store", "redis://" + server.Addr()}, strings.NewReader(""), &stdout, &stderr)
		}()
		require.Eventually(t, func() bool { return len(server.Keys()) > 50 }, 10*time.Second, 10*time.Millisecond)
		interrupt()
		<-ended
		require.Empty(t, server.Keys(), stderr.String())
		require.Contains(t, stdout.String(), "Interrupted in TTL 60s")
	})

	t.Run("a file that no simulation made is refused and left as it is", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "platform.db")
		s, err := boltstore.Open(file, boltstore.Options{})
		require.NoError(t, err)
		require.NoError(t, s.SetOnline(t.Context(), "simulate"))
		require.NoError(t, s.Close())
		before, err := os.ReadFile(file)
		require.NoError(t, err)

		for _, args := range [][]string{{}, {"--picture", "one-dies"}} {
			code, stdout, stderr := called(t, append([]string{"simulate", "--store", "bolt:" + file}, args...)...)
			require.Equal(t, exitUsage, code)
			require.Empty(t, stdout)
			require.Contains(t, stderr, "platform.db exists and was not made by a simulation")
		}
		after, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, before, after)
	})

	t.Run("a file that a simulation made is used again", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "edge.db")
		for range 2 {
			code, stdout, stderr := called(t, "simulate", "--store", "bolt:"+file, "--picture", "one-dies", "--workspaces", "5", "--speed", "1000")
			require.NotEqual(t, exitUsage, code, stderr)
			require.Contains(t, stdout, "one-dies")
			require.Zero(t, online(t, file))
		}
	})

	t.Run("Ctrl-C ends with the table so far and an empty file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "edge.db")
		var stdout, stderr bytes.Buffer
		p := exec.Command(os.Args[0], "simulate", "--store", "bolt:"+file)
		p.Env = append(os.Environ(), asProgram+"=1")
		p.Stdout, p.Stderr = &stdout, &stderr
		require.NoError(t, p.Start())
		defer p.Process.Kill() //nolint:errcheck // it has ended, unless the test failed
		require.Eventually(t, func() bool { return exists(file) }, 10*time.Second, 10*time.Millisecond)

		require.NoError(t, p.Process.Signal(syscall.SIGINT))

		_ = p.Wait() // a slow machine makes it 1
		require.Contains(t, []int{exitOK, exitFailed}, p.ProcessState.ExitCode(), stderr.String())
		require.Contains(t, stdout.String(), "Interrupted in TTL 60s")
		require.Zero(t, online(t, file))
	})
}

func online(t *testing.T, file string) int {
	t.Helper()
	s, err := boltstore.Open(file, boltstore.Options{})
	require.NoError(t, err)
	defer s.Close()
	n, err := store.Count(t.Context(), s)
	require.NoError(t, err)
	return n
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
