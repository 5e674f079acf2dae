package deaths

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
)

// meter measures what a server does for a fleet. Without a server it measures
// nothing.
type meter struct {
	t     testing.TB
	c     *redis.Client
	f     *fleet
	start work
}

func newMeter(t testing.TB, b kit.Backend, f *fleet) *meter {
	m := &meter{t: t, f: f}
	if b.Server != nil {
		m.c = b.Server.Client(t)
		requireSilentServer(t, m.c)
	}
	return m
}

// requireSilentServer fails if the server publishes what happens to its keys.
func requireSilentServer(t testing.TB, c *redis.Client) {
	t.Helper()
	config, err := c.ConfigGet(context.Background(), "notify-keyspace-events").Result()
	require.NoError(t, err)
	require.Equal(t, map[string]string{"notify-keyspace-events": ""}, config)
}

// work is what a server has done, since it started or in some time.
type work struct {
	took    time.Duration
	at      time.Time
	beats   int            // heartbeats that it answered
	calls   map[string]int // of each command, those in scripts included
	scripts time.Duration  // spent in scripts
	cpu     time.Duration
}

func (m *meter) begin() { m.start = m.read() }

// end returns the work since begin.
func (m *meter) end() work {
	w := m.read()
	w.took = w.at.Sub(m.start.at)
	w.beats -= m.start.beats
	w.scripts -= m.start.scripts
	w.cpu -= m.start.cpu
	for name := range w.calls {
		w.calls[name] -= m.start.calls[name]
	}
	return w
}

// read asks the server while no heartbeat is under way.
func (m *meter) read() (w work) {
	w.calls = make(map[string]int)
	m.f.held(func(beats int) {
		w.at, w.beats = time.Now(), beats
		if m.c == nil {
			return
		}
		info, err := m.c.InfoMap(context.Background(), "commandstats", "cpu").Result()
		require.NoError(m.t, err)
		for _, field := range []string{"used_cpu_user", "used_cpu_sys"} {
			seconds, err := strconv.ParseFloat(info["CPU"][field], 64)
			require.NoError(m.t, err)
			w.cpu += time.Duration(seconds * float64(time.Second))
		}
		for name, text := range info["Commandstats"] {
			var calls, us int
			_, err := fmt.Sscanf(text, "calls=%d,usec=%d", &calls, &us)
			require.NoError(m.t, err)
			name = strings.TrimPrefix(name, "cmdstat_")
			w.calls[name] = calls
			if strings.HasPrefix(name, "eval") {
				w.scripts += time.Duration(us) * time.Microsecond
			}
		}
	})
	return w
}

// commands returns how many commands were executed, but for those that make a
// connection and those of the meter.
func (w work) commands() (n int) {
	for name, calls := range w.calls {
		if !slices.Contains([]string{"hello", "client|setinfo", "client|maint_notifications", "select", "persist", "ping", "info"}, name) {
			n += calls
		}
	}
	return n
}

// requireOneCommandEach fails unless each heartbeat was one command.
func (w work) requireOneCommandEach(t testing.TB) {
	t.Helper()
	if len(w.calls) == 0 {
		return
	}
	require.Equal(t, w.beats, w.calls["pexpire"], "heartbeats")
	require.Equal(t, w.beats, w.commands(), "commands: %v", w.calls)
}

// core returns which part of a core the server used.
func (w work) core() float64 { return float64(w.cpu) / float64(w.took) }

func (w work) String() string {
	return fmt.Sprintf("%.1f %% of a core (in scripts %.1f %%)", 100*w.core(), 100*float64(w.scripts)/float64(w.took))
}
