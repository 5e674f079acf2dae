package monitor_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// revival brings workspaces back between the claim of their death and its
// verification.
type revival struct {
	*memstore.Store
	revive func(id string)
}

func (r *revival) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	r.revive(d.ID)
	return r.Store.Begin(ctx, d)
}

func TestOneWhoComesBackBeforeTheVerificationIsNotReported(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const trials = 10_000
		back, gone := names("back", trials), names("gone", 100)
		var revived atomic.Int64
		w.watchBy("", &revival{w.Store, func(id string) {
			if !strings.HasPrefix(id, "back") {
				return
			}
			if revived.Add(1)%2 == 0 {
				assert.NoError(t, w.SetOnline(t.Context(), id))
			} else {
				_, err := store.Heartbeat(t.Context(), w, id)
				assert.NoError(t, err)
			}
		}}, unguarded, nil)
		w.calm()
		w.online(back...)
		w.online(gone...)
		w.pass(ttl + interval)
		require.EqualValues(t, trials, revived.Load(), "trials")
		w.once(gone...)
	})
}

func TestNobodyWhoIsHeardFromIsReported(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		alive := names("alive", 100)
		for range 3 {
			w.watch(unguarded)
		}
		w.beating(time.Hour, alive...)
		w.nobody()
	})
}
