package bolt

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/store"
)

// A process has a fleet of workspaces on a disk whose sync takes 100 ms, while others
// register and are cleared, and all URLs are over every few seconds. It is killed at
// some moment. A heartbeat more than a checkpoint before is in the file.
const (
	slowFleet      = 10_000
	slowParts      = 40 // the fleet is heard from in so many
	slowBeat       = 4 * time.Second
	slowLife       = 2 * time.Minute
	slowURL        = 3 * time.Second
	slowCheckpoint = 4 * time.Second
	slowSync       = 100 * time.Millisecond
)

func openSlow(path string) (*boltstore.Store, error) {
	return boltstore.Open(path, boltstore.Options{
		TTLs:        store.TTLs{Liveness: slowLife, URL: slowURL},
		Checkpoint:  slowCheckpoint,
		LockTimeout: 10 * time.Second,
	})
}

// startSlowVictim runs the test that calls it once more, in a process whose syncs are
// slow and written to trace. Its first line is its number.
func startSlowVictim(t testing.TB, path, trace string) (lines *bufio.Scanner, kill func()) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("no strace, which delays syncs: ", err)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	said, output, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(strace, "-f", "-qq", "-y", "-o", trace, "-e", "trace=fdatasync,fsync",
		"-e", fmt.Sprintf("inject=fdatasync:delay_enter=%d", slowSync.Microseconds()), self, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), kit.VictimFile+"="+path)
	cmd.ExtraFiles = []*os.File{output}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, cmd.Start())
	output.Close()
	kill = sync.OnceFunc(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // strace and the process
		cmd.Wait()
	})
	t.Cleanup(func() {
		kill()
		said.Close()
	})
	lines = bufio.NewScanner(said)
	if !lines.Scan() {
		t.Skip("strace cannot trace here")
	}
	return lines, kill
}

func TestWriterOnASlowDiskIsKilled(t *testing.T) {
	if path := os.Getenv(kit.VictimFile); path != "" {
		beatSlowly(t, path)
		return
	}
	t.Parallel()
	kit.InRealTime(t, writerOnASlowDiskIsKilled)
}

func writerOnASlowDiskIsKilled(t testing.TB) {
	const slack = 2 * time.Second // for a machine that does not keep up
	rounds := 2
	if kit.Full() {
		rounds = 20
	}
	path := filepath.Join(t.TempDir(), "edge.db")
	trace := filepath.Join(t.TempDir(), "trace")
	least := slowLife
	for round := range rounds {
		lines, kill := startSlowVictim(t, path, trace)
		heard := make([][]time.Duration, slowParts) // when each part was
		var killAt time.Duration
		for lines.Scan() {
			var part int
			var at time.Duration
			if _, err := fmt.Sscan(lines.Text(), &part, &at); err != nil {
				t.Fatalf("the process said %q", lines.Text())
			}
			heard[part] = append(heard[part], at)
			if killAt == 0 {
				killAt = at + 3*slowCheckpoint + rand.N(2*slowCheckpoint)
			}
			if at >= killAt {
				break
			}
		}
		killed := now(t)
		kill()
		s, err := openSlow(path)
		require.NoError(t, err)
		for part, times := range heard {
			var must time.Duration
			for _, at := range times {
				if at <= killed-slowCheckpoint-slack {
					must = at
				}
			}
			require.NotZero(t, must, "part %d was not heard from", part)
			for i := part; i < slowFleet; i += slowParts {
				status, err := s.Lookup(context.Background(), workspace(i))
				require.NoError(t, err)
				inFile := now(t) + status.Remaining - slowCheckpoint - slowLife // what a crash adds is not in the file
				require.GreaterOrEqual(t, inFile+grain, must, "%s: the last heartbeat in the file is %v older than the one of %v before the kill", workspace(i), must-inFile, killed-must)
				least = min(least, status.Remaining)
			}
		}
		require.NoError(t, s.Close())
		log, err := os.ReadFile(trace)
		require.NoError(t, err)
		if round > 0 { // the file was there
			require.Contains(t, string(log), "<"+filepath.Dir(path)+">", "Open syncs the directory")
		}
		t.Logf("killed %v after the first heartbeat, %d syncs: every workspace has %v of %v or more",
			killed-heard[0][0], strings.Count(string(log), "fdatasync("), least.Round(time.Millisecond), slowLife)
	}
}

// beatSlowly is the victim.
func beatSlowly(t testing.TB, path string) {
	s, err := openSlow(path)
	require.NoError(t, err)
	out := kit.VictimOutput()
	fmt.Fprintln(out, os.Getpid())
	ctx := context.Background()
	parts := make([][]string, slowParts)
	var set sync.WaitGroup
	for i := range slowFleet {
		id := workspace(i)
		parts[i%slowParts] = append(parts[i%slowParts], id)
		set.Go(func() {
			if err := s.Register(ctx, id, address(i), address(i+1)); err != nil {
				t.Error(err)
			}
		})
	}
	set.Wait()
	go func() {
		for n := 0; ; n++ {
			s.Register(ctx, fmt.Sprintf("visitor-%d-%d", os.Getpid(), n), address(n), "")
		}
	}()
	go func() {
		for {
			s.ClearMany(ctx, kit.Named("cleared", 5000))
		}
	}()
	for n := 0; !t.Failed(); n++ {
		at := now(t)
		if _, err := s.RefreshMany(ctx, parts[n%slowParts]); err != nil {
			t.Error(err)
		}
		fmt.Fprintln(out, n%slowParts, int64(at))
		time.Sleep(slowBeat / slowParts)
	}
}

// A process on such a disk closes its store while thousands of URLs are over.
func TestCloseOnASlowDisk(t *testing.T) {
	if path := os.Getenv(kit.VictimFile); path != "" {
		s, err := openSlow(path)
		require.NoError(t, err)
		out := kit.VictimOutput()
		fmt.Fprintln(out, os.Getpid())
		var set sync.WaitGroup
		for i := range 2000 {
			set.Go(func() {
				if err := s.Register(context.Background(), workspace(i), address(i), address(i)); err != nil {
					t.Error(err)
				}
			})
		}
		set.Wait()
		time.Sleep(slowURL + slowCheckpoint)
		began := time.Now()
		require.NoError(t, s.Close())
		fmt.Fprintln(out, int64(time.Since(began)))
		return
	}
	t.Parallel()
	kit.InRealTime(t, closeOnASlowDisk)
}

func closeOnASlowDisk(t testing.TB) {
	const most = 20 * slowSync // six, on a machine that keeps up
	lines, _ := startSlowVictim(t, filepath.Join(t.TempDir(), "edge.db"), filepath.Join(t.TempDir(), "trace"))
	require.True(t, lines.Scan(), "the process said nothing")
	var took time.Duration
	_, err := fmt.Sscan(lines.Text(), (*int64)(&took))
	require.NoError(t, err)
	t.Logf("Close took %v, where a sync takes %v", took, slowSync)
	require.LessOrEqual(t, took, most)
}
