package memstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

// patience is a context that is done once a call has looked at it so often.
type patience struct {
	context.Context
	looks atomic.Int64
}

func newPatience(looks int64) *patience {
	p := &patience{Context: context.Background()}
	p.looks.Store(looks)
	return p
}

func (p *patience) Err() error {
	if p.looks.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestALongCallLooksAtItsContext(t *testing.T) {
	const n, checked = 20_000, 330 // once all ids are known to be legal
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	t.Run("ClearMany", func(t *testing.T) {
		assert.ErrorIs(t, open(t, memstore.Options{}).ClearMany(newPatience(checked), ids), context.Canceled)
	})
	t.Run("Forget", func(t *testing.T) {
		assert.ErrorIs(t, open(t, memstore.Options{}).Forget(newPatience(checked), ids), context.Canceled)
	})
	t.Run("SetOnline in a full store that has nobody dead", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, memstore.Options{MaxOnline: n, TTLs: store.TTLs{Liveness: time.Minute}})
			for _, id := range ids {
				require.NoError(t, s.SetOnline(t.Context(), id))
			}
			time.Sleep(30 * time.Second)
			_, err := s.RefreshMany(t.Context(), ids)
			require.NoError(t, err)
			time.Sleep(30 * time.Second) // the index knows nothing of that yet
			assert.ErrorIs(t, s.SetOnline(newPatience(10), "one-more"), context.Canceled)
			assert.ErrorIs(t, s.SetOnline(t.Context(), "one-more"), store.ErrFull)
		})
	})
}
