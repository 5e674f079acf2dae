package transfer_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/cmd/liveness/internal/transfer"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func open(t *testing.T) *memstore.Store {
	s, err := memstore.New(memstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func quiet(transfer.Tally) {}

// slow is a store that takes its time to tell each record.
type slow struct{ *memstore.Store }

func (s slow) Dump(ctx context.Context) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		for r, err := range s.Store.Dump(ctx) {
			if !yield(r, err) {
				return
			}
			time.Sleep(time.Second)
		}
	}
}

// bare is a store without capabilities.
type bare struct{ store.LivenessStore }

func TestCopy(t *testing.T) {
	ctx := t.Context()

	t.Run("a record ages on its way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			src, dst := open(t), open(t)
			require.NoError(t, src.Register(ctx, "a", "https://a.example.com", ""))
			require.NoError(t, src.SetOnlineFor(ctx, "b", 5*time.Second))
			for _, id := range []string{"c", "d", "e", "f", "g", "h"} {
				require.NoError(t, src.SetOnline(ctx, id))
			}
			tally, err := transfer.Copy(ctx, slow{src}, dst, quiet)
			require.NoError(t, err)
			require.Equal(t, 8, tally.Workspaces)
			report, err := transfer.Verify(ctx, src, dst, time.Millisecond, func(int) {})
			require.NoError(t, err)
			require.Equal(t, transfer.Report{Same: 8}, report)
			online, err := dst.IsOnline(ctx, "b")
			require.NoError(t, err)
			require.False(t, online)
		})
	})

	t.Run("a life that was heard from in the other store stays", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			src, dst := open(t), open(t)
			require.NoError(t, src.SetOnline(ctx, "a"))
			time.Sleep(time.Minute)
			require.NoError(t, dst.SetOnline(ctx, "a"))
			require.NoError(t, dst.SetOnline(ctx, "b"))
			_, err := transfer.Copy(ctx, src, dst, quiet)
			require.NoError(t, err)
			st, err := dst.Lookup(ctx, "a")
			require.NoError(t, err)
			require.Equal(t, store.DefaultLivenessTTL, st.Remaining)
			report, err := transfer.Verify(ctx, src, dst, transfer.Tolerance, func(int) {})
			require.NoError(t, err)
			require.Equal(t, transfer.Report{Later: 1, Extra: 1}, report)
		})
	})

	t.Run("a store without a Restorer is unsupported", func(t *testing.T) {
		_, err := transfer.Copy(ctx, bare{open(t)}, open(t), quiet)
		require.ErrorIs(t, err, errors.ErrUnsupported)
		_, err = transfer.Copy(ctx, open(t), bare{open(t)}, quiet)
		require.ErrorIs(t, err, errors.ErrUnsupported)
	})

	t.Run("an error says how much was restored before it", func(t *testing.T) {
		src := open(t)
		for _, id := range []string{"a", "b"} {
			require.NoError(t, src.SetOnline(ctx, id))
		}
		dst, err := memstore.New(memstore.Options{MaxOnline: 1})
		require.NoError(t, err)
		tally, err := transfer.Copy(ctx, src, dst, quiet)
		require.ErrorIs(t, err, store.ErrFull)
		require.Zero(t, tally.Workspaces)
	})
}

func TestVerify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		src, dst := open(t), open(t)
		require.NoError(t, src.Restore(ctx, []driver.Record{
			{ID: "earlier", Remaining: time.Hour},
			{ID: "handed-out", Death: &driver.DeathRecord{Ago: time.Hour, Since: time.Hour, Attempt: 2}},
			{ID: "missing", Remaining: time.Hour},
			{ID: "other-url", Remaining: time.Hour, URL: driver.CachedURL{URL: "https://a.example.com", Remaining: time.Hour}},
			{ID: "same", Remaining: time.Hour},
		}))
		require.NoError(t, dst.Restore(ctx, []driver.Record{
			{ID: "earlier", Remaining: time.Hour - time.Second},
			{ID: "handed-out", Death: &driver.DeathRecord{Ago: time.Hour, Since: time.Hour, Attempt: 1}},
			{ID: "other-url", Remaining: time.Hour, URL: driver.CachedURL{URL: "https://b.example.com", Remaining: time.Hour}},
			{ID: "same", Remaining: time.Hour - 50*time.Millisecond},
		}))
		report, err := transfer.Verify(ctx, src, dst, transfer.Tolerance, func(int) {})
		require.NoError(t, err)
		require.Equal(t, 1, report.Same)
		require.Equal(t, 50*time.Millisecond, report.Farthest)
		var found []string
		for _, d := range report.Differences {
			found = append(found, d.ID)
		}
		require.Equal(t, []string{"earlier", "handed-out", "missing", "other-url"}, found)
		require.Contains(t, report.Differences[0].What, "by 1s earlier")
	})
}

func TestSame(t *testing.T) {
	ctx := t.Context()
	s := open(t)
	same, err := transfer.Same(ctx, s, s)
	require.NoError(t, err)
	require.True(t, same)
	same, err = transfer.Same(ctx, s, open(t))
	require.NoError(t, err)
	require.False(t, same)
	for range s.Dump(ctx) {
		t.Fatal("something of the probe is left")
	}
}
