package main

import (
	"bytes"
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
	"github.com/molecule-ai/liveness/store"
)

func TestSimulate(t *testing.T) {
	t.Run("by default it shows the incident and its cure", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			code, stdout, stderr := called(t, "simulate")
			require.Equal(t, exitOK, code)
			require.Empty(t, stderr)
			require.Contains(t, stdout, "TTL 60s restarted 4 healthy leaders, ")
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
			require.Len(t, doc.Runs, 2)
		})
	})

	for flag, want := range map[string]string{
		"--sped=3":           "flag provided but not defined: -sped",
		"--speed=fast":       "invalid value",
		"--speed=0":          "--speed is 0, want 1 to 1000",
		"--duration=1s":      "--duration is 1s, want 10m0s to",
		"--monitors=0":       "--monitors is 0, want 1 to",
		"--kill-monitor":     "--monitors is 1, want 2 or more with --kill-monitor",
		"--outage=5m":        "--outage is 5m0s, want 0 or more than 12m0s with --speed 240",
		"memory:":            "1 arguments without an option",
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

	t.Run("a store that cannot be reached is a failure, without its password", func(t *testing.T) {
		code, stdout, stderr := called(t, "simulate", "--store", "redis://:hunter2@127.0.0.1:1/0")
		require.Equal(t, exitFailed, code)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "unavailable")
		require.NotContains(t, stderr, "hunter2")
	})
}

func TestSimulateBesideOthers(t *testing.T) {
	t.Run("on Redis a real fleet is not disturbed and nothing of the other stays", func(t *testing.T) {
		server := miniredis.RunT(t)
		require.NoError(t, server.Set("ws:a", "online"))

		code, stdout, stderr := called(t, "simulate", "--store", "redis://"+server.Addr(),
			"--workspaces", "20", "--duration", "10m", "--speed", "1000")

		require.Contains(t, stdout, "heartbeats sent", stderr)
		require.NotEqual(t, exitUsage, code)
		for _, key := range server.Keys() {
			require.NotContains(t, key, "simulate-", "a key of a simulated workspace is left")
			require.True(t, key == "ws:a" || strings.HasPrefix(key, "liveness-simulate:"), key)
		}
		got, err := server.Get("ws:a")
		require.NoError(t, err)
		require.Equal(t, "online", got)
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
		require.Contains(t, stdout.String(), "Interrupted with TTL 60s")
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

// asProgram makes the test binary be the program.
const asProgram = "LIVENESS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}
