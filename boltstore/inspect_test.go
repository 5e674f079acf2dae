package boltstore

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

func TestInspect(t *testing.T) {
	ctx := context.Background()

	t.Run("tells what is in the file, and changes nothing", func(t *testing.T) {
		path := newPath(t)
		var written time.Time
		synctest.Test(t, func(t *testing.T) {
			s := box(t, path, Options{TTLs: store.TTLs{Liveness: time.Minute}})
			require.NoError(t, s.SetOnline(ctx, "silent"))
			time.Sleep(30 * time.Second)
			require.NoError(t, s.Register(ctx, "a", "http://a", "http://b"))
			require.NoError(t, s.SetOnline(ctx, "expired"))
			require.NoError(t, s.Expire(ctx, "expired"))
			_, err := s.Adopt(ctx, 0, []string{"adopted"}, time.Now().Add(time.Hour))
			require.NoError(t, err)
			time.Sleep(40 * time.Second)
			require.NoError(t, s.Close())
			written = time.Now()
		})
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		i, err := Inspect(ctx, path)
		require.NoError(t, err)
		require.Equal(t, 3, i.Deaths)
		require.Equal(t, 2, i.URLs)
		require.Len(t, i.Remaining, 1)
		require.InDelta(t, 20*time.Second, i.Remaining[0], float64(time.Second))
		require.WithinDuration(t, written, i.Written, time.Second)
		require.True(t, i.Clean)
		require.Equal(t, sizeOf(t, path), i.Size)
		require.Greater(t, i.Free, int64(minReserve*os.Getpagesize()/2))
		require.Less(t, i.Free, i.Size)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, before, after)
	})

	t.Run("reads a file that a store is writing", func(t *testing.T) {
		path := newPath(t)
		s := box(t, path, Options{})
		done := make(chan error)
		go func() {
			defer close(done)
			for n := range 1000 {
				if err := s.SetOnline(ctx, fmt.Sprint(n)); err != nil {
					done <- err
				}
			}
		}()
		last := 0
		for writing := true; writing; {
			select {
			case err := <-done:
				require.NoError(t, err)
				writing = false
			default:
			}
			i, err := Inspect(ctx, path)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(i.Remaining), last)
			last = len(i.Remaining)
		}
		require.Equal(t, 1000, last)
	})

	t.Run("tells damage from another format and from no file", func(t *testing.T) {
		i, err := Inspect(ctx, ofFormat(t, format+1))
		require.ErrorIs(t, err, store.ErrCorrupt)
		require.True(t, i.Other)

		path := made(t)
		require.NoError(t, os.Truncate(path, 3*int64(os.Getpagesize())))
		i, err = Inspect(ctx, path)
		require.ErrorIs(t, err, store.ErrCorrupt)
		require.False(t, i.Other)

		_, err = Inspect(ctx, newPath(t))
		require.ErrorIs(t, err, store.ErrUnavailable)

		done, cancel := context.WithCancel(ctx)
		cancel()
		_, err = Inspect(done, path)
		require.ErrorIs(t, err, context.Canceled)
	})
}
