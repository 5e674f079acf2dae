package monitor_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

const (
	modelTTL      = time.Minute
	modelBeat     = modelTTL / 6
	modelLease    = 12 * time.Second
	modelInterval = 5 * time.Second
	modelProbe    = 3 * time.Second
	modelTimeout  = time.Minute
)

var modelBackoff = monitor.Backoff{First: time.Second, Most: 4 * time.Second}

// kind is what may happen in a model.
type kind int

const (
	steady kind = iota // the monitors stay and reach the store, the guard is off
	faulty             // calls of the store fail in every way, monitors come and go
	storm              // the heartbeats of all do not arrive for up to 4/3 TTL
)

// model is a small platform for a quarter of an hour: workspaces that live,
// stall and die, and the monitors that watch them. Then everything is mended,
// and in the end no death may be lost.
type model struct {
	*chance
	kind     kind
	monitors int
	fleet    int
	rate     float64 // of the calls of a monitor that do not pass
	remote   bool    // the monitors take turns, as over a server
	guard    bool
	probe    bool
	expected bool
	never    []string // expected, but never registered

	t       *testing.T
	start   time.Time
	end     time.Time // then everything is mended
	over    time.Time
	truth   *truth
	plant   func(backend) backend
	pausing bool // guarded by truth
	cut     atomic.Bool
	revived map[string]chan bool
	hosts   sync.WaitGroup
}

// play plays the model of a seed and returns what was wrong.
func play(t *testing.T, kind kind, seed uint64, plant func(backend) backend) (wrong []string) {
	synctest.Test(t, func(t *testing.T) {
		s, err := memstore.New(memstore.Options{TTLs: store.TTLs{Liveness: modelTTL, Heartbeat: modelBeat}})
		require.NoError(t, err)
		m := &model{chance: newChance(seed, 0), kind: kind, plant: plant, t: t, start: time.Now()}
		m.truth, m.revived = newTruth(m, s), make(map[string]chan bool)
		m.plan()
		m.play(seed)
		wrong = m.truth.verdict()
		if len(wrong) > 0 && plant == nil {
			t.Logf("monitors %d, remote %v, fleet %d, rate %v, guard %v, probe %v, expected %v: %v", m.monitors, m.remote, m.fleet, m.rate, m.guard, m.probe, m.expected, m.truth.count)
		}
	})
	return wrong
}

// plan decides what may happen.
func (m *model) plan() {
	m.monitors, m.fleet = 1+m.n(3), 2+m.n(6)
	m.remote = m.is(0.5)
	m.end = m.start.Add(6*modelTTL + m.upTo(6*modelTTL))
	switch m.kind {
	case storm:
		m.fleet, m.guard = 10+m.n(8), true
		m.rate = []float64{0, 0, 0.1}[m.n(3)]
	case faulty:
		m.rate = []float64{0, 0.02, 0.1, 0.3}[m.n(4)]
		m.guard = m.is(0.15)
		fallthrough
	case steady:
		m.probe, m.expected = m.is(0.25), m.is(0.25)
	}
	if m.expected {
		m.never = names("never", 2)
	}
	m.over = m.end.Add(6 * modelTTL)
	if m.guard {
		m.over = m.end.Add(32 * modelTTL) // a slow start tries for the dead one by one
	}
}

func (m *model) play(seed uint64) {
	var all sync.WaitGroup
	ids := names("w", m.fleet)
	for _, id := range ids {
		m.revived[id] = make(chan bool, 1)
	}
	for i, id := range ids {
		all.Go(func() { m.live(newChance(seed, 100+uint64(i)), id, i == 0) })
	}
	for i := range m.monitors {
		all.Go(func() { m.watch(newChance(seed, 200+uint64(i))) })
	}
	all.Go(func() { m.operate(newChance(seed, 300)) })
	all.Wait()
	m.hosts.Wait()
}

// lossy reports whether calls of the store may fail.
func (m *model) lossy() bool { return m.kind == faulty || m.rate > 0 }

func (m *model) acting() bool { return time.Now().Before(m.end) }

// within waits up to most, but not after the end.
func (m *model) within(c *chance, most time.Duration) {
	time.Sleep(min(c.upTo(most), time.Until(m.end)))
}

// operate pauses the monitors, or cuts the heartbeats off.
func (m *model) operate(c *chance) {
	operator, err := monitor.New(m.truth, monitor.Config{})
	require.NoError(m.t, err)
	if m.kind == storm {
		time.Sleep(2*modelTTL + c.upTo(modelTTL))
		m.cut.Store(true)
		time.Sleep(c.upTo(modelTTL * 4 / 3))
		m.cut.Store(false)
		return
	}
	for m.acting() && c.is(0.3) {
		m.within(c, 4*modelTTL)
		require.NoError(m.t, operator.Pause(m.t.Context(), "model", time.Now().Add(store.MaxTTL)))
		m.within(c, 3*modelTTL)
		require.NoError(m.t, operator.Resume(m.t.Context()))
	}
}

// live is the life of a workspace. In a storm only the first may die.
func (m *model) live(c *chance, id string, first bool) {
	ctx := m.t.Context()
	time.Sleep(c.upTo(modelBeat))
	m.truth.runs(id, true)
	for m.acting() {
		for range 1 + c.n(20) {
			m.beat(c, id)
		}
		if m.kind == storm {
			if first && c.is(0.2) {
				m.truth.runs(id, false)
				time.Sleep(time.Until(m.over))
			}
			continue
		}
		switch c.n(6) {
		case 0: // it dies, and is started again, by a handler or otherwise
			m.dead(c, id, 4*modelTTL)
		case 1: // it stalls
			m.within(c, modelTTL*5/4)
		case 2:
			require.NoError(m.t, m.truth.Clear(ctx, id))
			m.dead(c, id, 2*modelTTL)
		case 3: // it is seen to be dead
			m.truth.runs(id, false)
			m.within(c, modelBeat)
			require.NoError(m.t, m.truth.Expire(ctx, id))
			m.dead(c, id, 2*modelTTL)
		case 4: // it announces a silence, and breaks it by chance
			_, err := store.HeartbeatFor(ctx, m.truth, id, modelTTL+c.upTo(modelTTL))
			require.NoError(m.t, err)
			m.within(c, modelTTL*2)
		}
	}
	if m.kind == storm || c.is(0.5) {
		for time.Now().Before(m.over) {
			m.beat(c, id)
		}
		return
	}
	m.truth.runs(id, false)
}

// dead waits until the workspace is started again.
func (m *model) dead(c *chance, id string, most time.Duration) {
	m.truth.runs(id, false)
	select {
	case <-m.revived[id]:
	default:
	}
	select {
	case <-m.revived[id]:
	case <-time.After(min(c.upTo(most), time.Until(m.end))):
	}
	m.truth.runs(id, true)
}

// beat is heard from, unless the heartbeat is lost, and waits for the next.
func (m *model) beat(c *chance, id string) {
	if !m.cut.Load() && (m.kind == storm || c.is(0.9)) {
		_, err := store.Heartbeat(m.t.Context(), m.truth, id)
		require.NoError(m.t, err)
	}
	time.Sleep(modelBeat - c.upTo(time.Second))
}

// watch runs one monitor after the other. The last one stays.
func (m *model) watch(c *chance) {
	m.within(c, modelTTL/2)
	for m.acting() {
		h := m.newHost(c)
		if m.kind == steady {
			time.Sleep(time.Until(m.over))
			h.watcher.stop()
			return
		}
		m.within(c, 6*modelTTL)
		switch c.n(3) {
		case 0:
			h.killed.Store(true)
			m.hosts.Go(func() { h.watcher.stop() })
		case 1:
			h.watcher.stop()
		case 2:
			h.cut.Store(m.kind == faulty)
			m.within(c, 3*modelTTL)
			h.cut.Store(false)
			m.within(c, 2*modelTTL)
			h.watcher.stop()
		}
		if c.is(0.5) {
			m.within(c, 2*modelTTL)
		}
	}
	h := m.newHost(c)
	time.Sleep(time.Until(m.over))
	h.watcher.stop()
}

func (k kind) String() string { return fmt.Sprint([]string{"steady", "faulty", "storm"}[k]) }
