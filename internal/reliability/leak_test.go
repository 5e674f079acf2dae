package reliability

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// openAndClose opens a store and a monitor on it again and again, uses and closes them,
// and returns how many calls it made. The store may be left open.
func openAndClose(t testing.TB, b kit.Backend, rounds int, leave bool) (calls int) {
	const callers = 8
	for range rounds {
		s := b.Open(t, store.TTLs{Liveness: time.Minute})
		m, err := monitor.New(s, monitor.Config{})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { m.Run(ctx, func(context.Context, monitor.Death) error { return nil }) })
		var mu sync.Mutex
		for i := range callers {
			all.Go(func() {
				_, err := store.Heartbeat(ctx, s, fmt.Sprint("agent-", i))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					calls++
				}
			})
		}
		time.Sleep(5 * time.Millisecond)
		cancel()
		all.Wait()
		if !leave {
			require.NoError(t, s.Close())
		}
	}
	return calls
}

// left counts the goroutines of the process and, where the system tells, its open files.
func left() int {
	files, _ := os.ReadDir("/proc/self/fd")
	return runtime.NumGoroutine() + len(files)
}

// leaks fails if a store that was closed leaves a goroutine or a connection.
func leaks(t testing.TB, b kit.Backend, leave bool) {
	const rounds, floor = 50, 50
	openAndClose(t, b, 2, leave)
	before := left()
	calls := openAndClose(t, b, rounds, leave)
	const others = 2 // Eventually's, and one that is about to end
	require.Eventually(t, func() bool { return left() <= before+others }, 10*time.Second, 10*time.Millisecond, "goroutines or files are left")
	board.Row(t, "leaks: stores and monitors that were closed", board.Figures{Operations: calls, Faults: rounds, FloorOperations: floor, FloorFaults: rounds})
}

func TestNothingIsLeftOfWhatWasClosed(t *testing.T) {
	kit.OnEach(t, false, func(t testing.TB, b kit.Backend) { leaks(t, b, false) }, kit.Memory, kit.File, kit.Redis, kit.Cluster)
}

func TestAStoreThatIsLeftOpenIsFound(t *testing.T) {
	attempt.Found(t, "files are left", func(a *attempt.T) { leaks(a, kit.OnRedis(a), true) })
}
