package verify_test

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/cmd/liveness/internal/verify"
	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/store"
)

// broken is a place whose stores break down.
type broken struct {
	verify.Memory
	removed *atomic.Int64
}

func (b broken) Open(ctx context.Context, name string, ttls store.TTLs) (store.LivenessStore, error) {
	s, err := b.Memory.Open(ctx, name, ttls)
	return breaking{s}, err
}

func (b broken) Remove(context.Context) error {
	b.removed.Add(1)
	return nil
}

type breaking struct{ store.LivenessStore }

func (breaking) IsOnline(context.Context, string) (bool, error) { panic("out of order") }

func TestAPanicIsAFailureAndAllIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		place := broken{removed: new(atomic.Int64)}
		told := 0
		r, err := verify.Run(t.Context(), verify.Config{
			Place:   place,
			Clauses: []string{"C1", "C3"},
			Ended:   func(conformance.Result, int, int) { told++ },
		})
		require.NoError(t, err)
		require.Equal(t, int64(1), place.removed.Load())
		require.Equal(t, len(r.Checks), told)
		require.Positive(t, r.Passed, "C3 asks who is online in few checks")
		require.Equal(t, "C1", r.Broken()[0])

		var table bytes.Buffer
		require.NoError(t, r.WriteTable(&table))
		require.Contains(t, table.String(), "FAILED  C1/a-workspace-that-was-never-set-online-is-offline-without-error\n")
		require.Contains(t, table.String(), "panic: out of order")
		require.Contains(t, table.String(), "\n  C1: A workspace is online from SetOnline until")
		require.Contains(t, table.String(), "because the data ends with the process\n")
	})
}

func TestMemoryKeepsTheContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := verify.Run(t.Context(), verify.Config{Place: verify.Memory{}, Short: true})
		require.NoError(t, err)
		require.Zero(t, r.Failed, r.Broken())
		require.Greater(t, r.Passed, 300)
	})
}

// A busy machine is not the store's fault.
func TestALateStoreIsUnjudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := verify.Run(t.Context(), verify.Config{Place: slow{}, Clauses: []string{"C2"}})
		require.NoError(t, err)
		require.Positive(t, r.Unjudged)
		require.Zero(t, r.Failed)
		require.Empty(t, r.Broken())
		var table bytes.Buffer
		require.NoError(t, r.WriteTable(&table))
		require.Contains(t, table.String(), "\nunjudged: C2/a-refresh-gives-a-full-ttl-from-now\n")
	})
}

// slow is a place whose stores take ten seconds for a question.
type slow struct{ verify.Memory }

func (p slow) Open(ctx context.Context, name string, ttls store.TTLs) (store.LivenessStore, error) {
	s, err := p.Memory.Open(ctx, name, ttls)
	return delaying{s}, err
}

type delaying struct{ store.LivenessStore }

func (d delaying) IsOnline(ctx context.Context, id string) (bool, error) {
	time.Sleep(10 * time.Second)
	return d.LivenessStore.IsOnline(ctx, id)
}
