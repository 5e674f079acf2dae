package boltstore

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A file that is mounted into a container cannot be replaced.
func TestAFileThatIsAMountPointWorksAndKeepsItsSize(t *testing.T) {
	path, mounted := made(t), newPath(t)
	require.NoError(t, os.WriteFile(mounted, nil, 0o600))
	if err := syscall.Mount(path, mounted, "", syscall.MS_BIND, ""); err != nil {
		t.Skip("this user may not mount: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(mounted, syscall.MNT_DETACH)) })
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := box(t, mounted, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		grow(t, s)
		large := sizeOf(t, mounted)
		for range 10 {
			time.Sleep(time.Hour)
			require.NoError(t, s.SetOnline(context.Background(), "a"))
		}
		require.Equal(t, large, sizeOf(t, mounted))
		require.Equal(t, 1, strings.Count(log.String(), "could not be made smaller"), "it is tried once")
		require.Len(t, namesBeside(t, mounted), 1)
		require.NoError(t, s.Ping(context.Background()))
		require.NoError(t, s.Close())
		require.True(t, online(t, box(t, path, Options{}), "a"))
	})
}
