package pictures_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/pictures"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// watcher watches a fleet: it takes heartbeats, and watches until the
// context ends.
type watcher struct {
	beat  func(ctx context.Context, id string) error
	watch func(ctx context.Context) error
	close func() error
}

// watched returns the figures of a run under fake time.
func watched(t *testing.T, r pictures.Run, by func(*testing.T, *pictures.Fleet) watcher) (figures pictures.Figures) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := pictures.New(r)
		w := by(t, f)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.watch(ctx) }()
		assert.NoError(t, f.Live(t.Context(), w.beat))
		figures = f.Figures()
		stop()
		assert.NoError(t, <-ended)
		assert.NoError(t, w.close())
	})
	return figures
}

// monitors watch by the monitor of this module, on a store in memory.
func monitors(c monitor.Config) func(*testing.T, *pictures.Fleet) watcher {
	return func(t *testing.T, f *pictures.Fleet) watcher {
		s, err := memstore.New(memstore.Options{TTLs: store.TTLs{Heartbeat: pictures.Heartbeat}})
		require.NoError(t, err)
		return watcher{
			beat: func(ctx context.Context, id string) error {
				_, err := store.Heartbeat(ctx, s, id)
				return err
			},
			watch: func(ctx context.Context) error { return f.Watch(ctx, s, c) },
			close: s.Close,
		}
	}
}

// by watches by a rule of another project.
func by(newRule func() rule) func(*testing.T, *pictures.Fleet) watcher {
	return func(_ *testing.T, f *pictures.Fleet) watcher {
		r := &registry{fleet: f, rule: newRule(), heard: map[string]time.Time{}}
		return watcher{beat: r.beat, watch: r.watch, close: func() error { return nil }}
	}
}
