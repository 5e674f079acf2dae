//go:build unix

package bolt

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/store"
)

// A process may write no file larger than this.
const (
	largestFile = 600 << 10
	leastFilled = 200 // workspaces that fit
)

func TestFileMayNotGrow(t *testing.T) {
	if path := os.Getenv(kit.VictimFile); path != "" {
		fillUp(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "edge.db")
	v := kit.StartVictim(t, path)
	require.True(t, v.Lines.Scan(), "the process said nothing")
	require.Equal(t, "all is well", v.Lines.Text())
	v.Wait()
	s, err := openBolt(path)
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.SetOnline(context.Background(), "there-is-room-again"))
}

func fillUp(t testing.TB, path string) {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	limit.Cur = largestFile
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))

	ctx := context.Background()
	s, err := openBolt(path)
	require.NoError(t, err)
	var list []string
	for i := 0; ; i++ {
		id := fmt.Sprintf("workspace-%d-%s", i, strings.Repeat("x", 200))
		if err = s.SetOnline(ctx, id); err != nil {
			break
		}
		list = append(list, id)
	}
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.Greater(t, len(list), leastFilled)
	for _, id := range list {
		require.NoError(t, s.RefreshTTL(ctx, id))
	}
	require.ErrorIs(t, s.SetOnline(ctx, "new"), store.ErrUnavailable)
	require.NoError(t, s.Ping(ctx))
	for _, id := range list[:len(list)/2] {
		require.NoError(t, s.Clear(ctx, id))
	}
	require.NoError(t, s.SetOnline(ctx, "new"))
	require.NoError(t, s.Close())

	s, err = openBolt(path)
	require.NoError(t, err)
	count, err := s.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, len(list)-len(list)/2+1, count)
	require.NoError(t, s.Close())
	fmt.Fprintln(kit.VictimOutput(), "all is well")
}
