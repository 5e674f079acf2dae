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
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// revival brings workspaces back between the claim of their death and its
// verification.
type revival struct {
	*memstore.Store
	revive func(id string)
}

func (r *revival) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	for _, d := range held {
		r.revive(d.ID)
	}
	return r.Store.Extend(ctx, held, lease)
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

func TestOneWhoComesBackLaterEndsTheContextOfTheHandler(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const trials = 200
		var stopped atomic.Int64
		w.handle(monitor.Config{Storm: unguarded.Storm, Concurrency: trials}, func(ctx context.Context, d monitor.Death) error {
			if d.Deadline.Sub(w.start) > 3*ttl {
				return nil // the next silence
			}
			time.Sleep(time.Minute)
			back := time.Now()
			assert.NoError(t, w.SetOnline(t.Context(), d.ID))
			<-ctx.Done()
			assert.ErrorIs(t, context.Cause(ctx), monitor.ErrNotHeld)
			assert.WithinRange(t, time.Now(), back, back.Add(time.Second))
			stopped.Add(1)
			return nil
		})
		w.calm()
		ids := names("w", trials)
		w.online(ids...)
		w.pass(ttl + 2*time.Minute)
		require.EqualValues(t, trials, stopped.Load(), "trials")
		w.once(ids...)

		w.pass(ttl)
		runs := w.reported()[trials:]
		require.Len(t, runs, trials, "what the handler returned too late was not the end of the next death")
		for _, r := range runs {
			assert.Equal(t, 1, r.Attempt)
		}
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
