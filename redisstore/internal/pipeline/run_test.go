package pipeline

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

// The server does not know the script, and the time is up before it can be sent whole.
func TestAScriptThatWasNotRunIsNoSuccess(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t)
	transport, _ := withLine(t, server, options())
	over := make(chan struct{})
	close(over)
	script := []Request{{Key: "k", Cmd: Command("evalsha", strings.Repeat("0", 40), 1, "k"), Source: "return redis.call('SET', KEYS[1], 'set')"}}
	require.ErrorIs(t, transport.RunAll(Limit{ctx, time.Now().Add(enough), over}, script), ErrTimeout)
	require.NoError(t, transport.RunAll(transport.Limit(ctx), script))
	require.Equal(t, "set", server.Client(t).Get(ctx, "k").Val())
}

// A call that fills a batch is abandoned while it is taken, and another waits behind it.
func TestNoCallIsLeftWithoutARunner(t *testing.T) {
	const tries, leastTaken = 100_000, 100
	taken := 0
	for range tries {
		full := newCall(context.Background(), nil, Full)
		for range Full {
			full.cmds = append(full.cmds, tracked{})
		}
		s := &Server{waiting: []*call{full, newCall(context.Background(), nil, 1)}, running: 1}
		var both sync.WaitGroup
		both.Go(func() { full.abandon() })
		batch := s.take(nil)
		both.Wait()
		taken += len(batch)
		require.False(t, len(batch) == 0 && len(s.waiting) > 0, "a call waits and nobody runs")
	}
	require.GreaterOrEqual(t, taken, leastTaken)
}
