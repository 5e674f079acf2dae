package mapstore_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/examples/mapstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

func TestTheMonitorRunsOnIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s, err := mapstore.New(mapstore.Options{})
		require.NoError(t, err)
		defer s.Close()
		m, err := monitor.New(s, monitor.Config{})
		require.NoError(t, err)
		dead := make(chan string)
		go m.Run(ctx, func(_ context.Context, d monitor.Death) error {
			dead <- d.ID
			return nil
		})

		time.Sleep(store.DefaultLivenessTTL) // the grace of the first monitor
		require.NoError(t, s.SetOnline(ctx, "silent"))
		require.NoError(t, s.SetOnlineFor(ctx, "busy", time.Hour))
		fell := time.Now()
		assert.Equal(t, "silent", <-dead)
		assert.Equal(t, store.DefaultLivenessTTL, time.Since(fell))
	})
}
