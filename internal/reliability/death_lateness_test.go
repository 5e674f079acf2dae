package reliability

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// scale is how large a fleet is, and how fast it lives.
type scale struct {
	live, deaths   int
	heartbeat, ttl time.Duration
	judged         bool // figures of the machine are asserted, not only told
}

// scaleHere is full size if LIVENESS_FULL is 1, which takes four minutes on
// each backend.
func scaleHere() scale {
	if os.Getenv("LIVENESS_FULL") == "1" {
		return scale{live: 100_000, deaths: 300, heartbeat: 30 * time.Second, ttl: time.Minute, judged: true}
	}
	return scale{live: 2_000, deaths: 60, heartbeat: time.Second, ttl: 4 * time.Second}
}

// Workspaces of a living fleet fall silent at random moments. A monitor with
// no settings reports each of them once and nobody else, and does so soon.
func TestDeathsAreReportedInTime(t *testing.T) {
	const (
		mostLate     = 50 * time.Millisecond // p99
		mostOfOne    = 0.05                  // of a core, for the sweeps of one monitor
		mostOfFour   = 0.10                  // and of four
		monitorsMore = 3
	)
	size := scaleHere()
	if !size.judged {
		t.Parallel()
	}
	everywhere(t, func(t *testing.T, b backend) {
		if !size.judged {
			t.Parallel()
		}
		ttls := store.TTLs{Liveness: size.ttl, Heartbeat: size.heartbeat}
		s := b.open(t, ttls)
		ids := named("workspace", size.live)
		setOnline(t, s, ids)
		f := startFleet(t, ids, size.heartbeat, refreshing(s))
		costs := b.meter(t, f)

		costs.begin()
		time.Sleep(size.heartbeat)
		alone := costs.end()
		alone.requireOneCommandEach(t)

		reports := newBook()
		stalled := longestStall()
		runMonitor(t, s, monitor.Config{}, reports.handler(1))
		time.Sleep(size.ttl / 10) // those who die do so after the grace
		f.silence(size.deaths, size.ttl)
		costs.begin()
		time.Sleep(size.ttl + time.Second)
		one := costs.end()

		v := reports.judge(f.silent, size.ttl)
		t.Logf("%d live, heartbeat %v, TTL %v, %d deaths: %v; longest stall of the machine %v",
			size.live, size.heartbeat, size.ttl, len(f.silent), v, stalled().Round(100*time.Microsecond))
		v.require(t)
		require.Len(t, v.lateness, size.deaths)
		if size.judged {
			assert.LessOrEqual(t, v.late(99), mostLate, "p99")
		}
		if b.server == nil {
			return
		}

		for n := range monitorsMore {
			runMonitor(t, b.open(t, ttls), monitor.Config{}, reports.handler(2+n))
		}
		costs.begin()
		time.Sleep(size.heartbeat)
		four := costs.end()
		reports.judge(f.silent, size.ttl).require(t)
		t.Logf("%d heartbeats alone: %d commands; server: %v", alone.beats, alone.commands(), alone)
		t.Logf("sweeps of 1 monitor: %.1f %% of a core, of 4: %.1f %%: with them %v, %v",
			100*(one.core()-alone.core()), 100*(four.core()-alone.core()), one, four)
		if size.judged {
			assert.LessOrEqual(t, one.core()-alone.core(), mostOfOne, "of a core, with 1 monitor")
			assert.LessOrEqual(t, four.core()-alone.core(), mostOfFour, "of a core, with 4 monitors")
		}
	})
}

// longestStall returns what tells by how much the machine woke anybody late in
// the meantime: nothing can be reported sooner than that.
func longestStall() (end func() time.Duration) {
	stop, longest := make(chan struct{}), make(chan time.Duration)
	go func() {
		worst := time.Duration(0)
		for {
			const nap = time.Millisecond
			asleep := time.Now()
			select {
			case <-stop:
				longest <- worst
				return
			case <-time.After(nap):
				worst = max(worst, time.Since(asleep)-nap)
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		return <-longest
	}
}

// refreshing returns how workspaces are heard from that never go offline.
func refreshing(s store.LivenessStore) func(context.Context, []string) error {
	return func(ctx context.Context, ids []string) error {
		online, err := store.RefreshMany(ctx, s, ids)
		if err == nil && slices.Contains(online, false) {
			err = fmt.Errorf("%w: %s", store.ErrNotFound, ids[slices.Index(online, false)])
		}
		return err
	}
}

// meter measures what a server does for a fleet. Without a server it measures
// nothing.
type meter struct {
	t     *testing.T
	c     *redis.Client
	f     *fleet
	start work
}

func (b backend) meter(t *testing.T, f *fleet) *meter {
	m := &meter{t: t, f: f}
	if b.server != nil {
		m.c = b.server.Client(t)
		requireSilentServer(t, m.c)
	}
	return m
}

// requireSilentServer fails if the server publishes what happens to its keys.
func requireSilentServer(t *testing.T, c *redis.Client) {
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

// end returns what was done since begin.
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
		if !slices.Contains([]string{"hello", "client|setinfo", "client|maint_notifications", "select", "info"}, name) {
			n += calls
		}
	}
	return n
}

// requireOneCommandEach fails unless each heartbeat was one command.
func (w work) requireOneCommandEach(t *testing.T) {
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
