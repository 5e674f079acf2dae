package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

const (
	fleet = 20
	ttl   = 3 * time.Second
	// The machine has so long for what takes a few TTLs.
	wait = 2 * time.Minute
)

func TestTheServiceSurvivesItsOwnDeath(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "registry")
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, backend := range []struct {
		name string
		url  func(t *testing.T) string
		kept bool // what was registered outlives the process
	}{
		{"memory", func(*testing.T) string { return "memory:" }, false},
		{"bolt", func(t *testing.T) string { return "bolt://" + filepath.Join(t.TempDir(), "edge.db") }, true},
		{"redis", func(t *testing.T) string { return "redis://" + redistest.Start(t).Addr() + "/0" }, true},
	} {
		t.Run(backend.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r := &registry{binary: binary, restarts: filepath.Join(dir, "restarts"), url: backend.url(t)}
			r.script = filepath.Join(dir, "restart.sh")
			script := fmt.Sprintf("#!/bin/sh\necho began $2 >>%[1]s\nsleep 1\necho ended $2 >>%[1]s\n", r.restarts)
			require.NoError(t, os.WriteFile(r.script, []byte(script), 0o700))

			// One registers and is not heard from any more. The others announce a long silence,
			// so that a slow machine does not make them late.
			r.start(t)
			require.Equal(t, http.StatusNoContent, r.ask(t, "PUT", "/workspaces/dead", ""))
			for i := range fleet {
				require.Equal(t, http.StatusNoContent, r.ask(t, "PUT", fmt.Sprintf("/workspaces/w%d", i), fmt.Sprintf(`{"url": "http://w%d:1"}`, i)))
				require.Equal(t, http.StatusOK, r.ask(t, "POST", fmt.Sprintf("/workspaces/w%d/heartbeat?for=1h", i), ""))
			}
			if backend.kept {
				time.Sleep(ttl / 3)                      // until the last heartbeats are in the file
				require.NoError(t, r.cmd.Process.Kill()) // kill -9
				<-r.exited
				r.start(t)
				for i := range fleet {
					require.Equal(t, http.StatusOK, r.ask(t, "GET", fmt.Sprintf("/workspaces/w%d", i), ""), "w%d was registered", i)
				}
			}

			r.waitFor(t, "began dead")
			require.NoError(t, r.cmd.Process.Signal(syscall.SIGTERM))
			select {
			case <-r.exited:
			case <-time.After(wait):
				t.Fatal("it does not stop")
			}
			require.True(t, r.cmd.ProcessState.Success(), "it ends with %v", r.cmd.ProcessState)
			require.Equal(t, "began dead\nended dead\n", r.told(t), "SIGTERM waits for the restart")

			if backend.kept {
				r.start(t)
				time.Sleep(2 * ttl) // more than the grace with which it begins
				require.Equal(t, http.StatusOK, r.ask(t, "GET", "/workspaces/dead", ""), "it has its time to boot")
				require.Equal(t, http.StatusOK, r.ask(t, "GET", "/healthz", ""))
				require.Equal(t, "began dead\nended dead\n", r.told(t), "the death was handled once")
			}
		})
	}
}

// registry is one process after another over the same store.
type registry struct {
	binary, url      string
	script, restarts string
	addr             string // of the process that runs
	cmd              *exec.Cmd
	exited           chan struct{}
}

func (r *registry) start(t *testing.T) {
	t.Helper()
	r.cmd = exec.Command(r.binary)
	r.cmd.Env = append(os.Environ(), "LIVENESS_STORE="+r.url, "LIVENESS_TTL="+ttl.String(), "LISTEN=127.0.0.1:0", "RESTART="+r.script)
	log, err := r.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, r.cmd.Start())
	exited, cmd, address := make(chan struct{}), r.cmd, make(chan string, 1)
	r.exited = exited
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-exited
	})
	go func() {
		defer close(exited)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if found := regexp.MustCompile(`listening" addr=(\S+)`).FindStringSubmatch(lines.Text()); found != nil {
				address <- found[1]
			}
		}
		_ = cmd.Wait() // ProcessState tells how it ended
	}()
	select {
	case r.addr = <-address:
	case <-exited:
		t.Fatal("it ended before it listened")
	case <-time.After(wait):
		t.Fatal("it does not listen")
	}
}

// ask returns the status of the answer.
func (r *registry) ask(t *testing.T, method, path, body string) int {
	t.Helper()
	request, err := http.NewRequest(method, "http://"+r.addr+path, strings.NewReader(body))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	return response.StatusCode
}

// told returns what the restarts have written.
func (r *registry) told(t *testing.T) string {
	text, err := os.ReadFile(r.restarts)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// waitFor waits until a restart has written the line.
func (r *registry) waitFor(t *testing.T, line string) {
	t.Helper()
	for end := time.Now().Add(wait); !strings.Contains(r.told(t), line); time.Sleep(ttl / 100) {
		require.True(t, time.Now().Before(end), "no %q in %q", line, r.told(t))
	}
}
