package bolt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
)

// peak returns the most memory that this process has had, in bytes, or 0 if the
// system does not say.
func peak() (bytes int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &bytes); err == nil {
			return bytes << 10
		}
	}
	return 0
}

// A file with many workspaces is opened by a process of its own.
//
// It fails if tables grow by copies, or if every page is read twice.
func TestFileOfManyIsOpened(t *testing.T) {
	if path := os.Getenv(kit.VictimFile); path != "" {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		s, err := boltstore.Open(path, boltstore.Options{})
		took := time.Since(began)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		fmt.Fprintln(kit.VictimOutput(), int64(took), peak(), after.TotalAlloc-before.TotalAlloc)
		require.NoError(t, s.Close())
		return
	}
	const (
		mostPeak  = 300 << 20 // bytes, with a million
		mostEach  = 400       // bytes that are asked for, for each
		mostTaken = 20 * time.Second
	)
	n := 100_000
	if kit.Full() {
		n = 1_000_000
	}
	path := filepath.Join(t.TempDir(), "edge.db")
	s, err := boltstore.Open(path, boltstore.Options{})
	require.NoError(t, err)
	kit.SideBySide(n, func(i int) {
		if err := s.SetOnlineFor(context.Background(), workspace(i), 24*time.Hour); err != nil {
			t.Error(err)
		}
	})
	require.NoError(t, s.Close())
	v := kit.StartVictim(t, path)
	require.True(t, v.Lines.Scan(), "the process said nothing")
	var took time.Duration
	var peak, total int
	_, err = fmt.Sscan(v.Lines.Text(), (*int64)(&took), &peak, &total)
	require.NoError(t, err)
	t.Logf("%d workspaces: opened in %v, %d MB at most, %d bytes asked for in all for each", n, took.Round(time.Millisecond), peak>>20, total/n)
	require.LessOrEqual(t, took, mostTaken)
	require.LessOrEqual(t, total/n, mostEach)
	require.LessOrEqual(t, peak, mostPeak)
}
