package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/race"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// month is a platform for thirty days: workspaces that live, stall and die,
// monitors that come and go, and a store that cannot always be reached.
type month struct {
	*world
	end time.Time

	mu       sync.Mutex
	outage   fault           // of the store; nil: none
	alive    map[string]bool // who was heard from and goes on beating
	dead     []string        // who was heard from and fell silent for good
	handled  map[string]bool // whose last silence was handled
	last     map[string]*visit
	replicas []*replica
	count    tally
}

// tally counts what happened in a month.
type tally struct {
	deaths, comebacks, outages, cuts, kills int
	calls, failed                           int
	again                                   int // second calls that P4 allows
	wrong                                   int // second calls that nothing allows
	living                                  int // calls for the living
}

const (
	monthFleet = 85
	monthTTL   = time.Hour
	monthBeat  = 10 * time.Minute
	monthLease = 2 * time.Minute
)

var monthConfig = monitor.Config{
	Interval: 2 * time.Minute,
	Lease:    monthLease,
	Drain:    time.Second,
	Hold:     unguarded.Hold,
}

// The month has five days where time matters.
func TestAMonth(t *testing.T) {
	days := 5
	switch {
	case os.Getenv("LIVENESS_FULL") != "":
		days = 30
	case testing.Short() || race.Enabled:
		days = 1
	}
	ttls := store.TTLs{Liveness: monthTTL, Heartbeat: monthBeat}
	story(t, memstore.Options{TTLs: ttls}, func(w *world) {
		m := &month{
			world:   w,
			end:     w.start.Add(time.Duration(days) * 24 * time.Hour),
			alive:   make(map[string]bool),
			handled: make(map[string]bool),
			last:    make(map[string]*visit),
		}
		var all sync.WaitGroup
		for n := range monthFleet {
			all.Go(func() { m.workspaces(n) })
		}
		for _, id := range names("old", 10) {
			all.Go(func() { m.live(id, m.end) })
		}
		for range 3 {
			all.Go(m.monitors)
		}
		all.Go(m.outages)
		all.Wait()

		missed := 0
		for _, id := range m.dead {
			if !m.handled[id] {
				missed++
			}
		}
		t.Logf("%+v", m.count)
		assert.Zero(t, missed, "deaths that nobody handled")
		assert.Zero(t, m.count.living, "calls for the living")
		assert.Zero(t, m.count.wrong, "second calls that nothing allows")
		for _, floor := range []struct {
			what       string
			count, day int
		}{
			{"deaths", m.count.deaths, 3334},
			{"comebacks", m.count.comebacks, 100},
			{"outages", m.count.outages, 1},
			{"cuts", m.count.cuts, 1},
			{"kills", m.count.kills, 1},
			{"second calls", m.count.again, 1},
		} {
			require.GreaterOrEqual(t, floor.count, floor.day*days, floor.what)
		}
	})
}

// over reports whether the month is.
func (m *month) over() bool { return !time.Now().Before(m.end) }

// within waits for a time by chance, at most so long.
func (m *month) within(d time.Duration) { time.Sleep(rand.N(d)) }

func (m *month) do(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// workspaces lives one short life after another.
func (m *month) workspaces(n int) {
	for life := 0; !m.over(); life++ {
		m.live(fmt.Sprintf("w%d.%d", n, life), time.Now().Add(rand.N(40*time.Minute)))
	}
}

func (m *month) live(id string, death time.Time) {
	known := false
	for time.Now().Before(death) {
		known = m.beat(id) || known
		pause := monthBeat/2 + rand.N(monthBeat/2)
		if rand.N(20) == 0 {
			m.do(func() { delete(m.alive, id) })
			pause = monthTTL/2 + rand.N(monthTTL)
			if !death.Equal(m.end) {
				death = death.Add(pause)
			}
		}
		time.Sleep(min(pause, time.Until(death)))
	}
	m.do(func() {
		delete(m.alive, id)
		if known {
			m.count.deaths++
			m.dead = append(m.dead, id)
		}
	})
}

// beat tries to be heard, and reports whether the workspace was.
func (m *month) beat(id string) (heard bool) {
	m.do(func() { heard = m.outage == nil })
	if heard {
		_, err := store.Heartbeat(m.t.Context(), m, id)
		require.NoError(m.t, err)
		m.do(func() {
			if m.handled[id] {
				m.count.comebacks++
			}
			m.alive[id], m.handled[id] = true, false
		})
	}
	return heard
}

// outages makes the store unreachable for everybody, now and then.
func (m *month) outages() {
	for !m.over() {
		m.within(16 * time.Hour)
		m.do(func() {
			m.outage = []fault{broken, hanging}[rand.N(2)]
			m.count.outages++
		})
		m.within([]time.Duration{10 * time.Minute, monthTTL, 3 * monthTTL}[rand.N(3)])
		m.do(func() {
			m.outage = nil
			for _, r := range m.replicas {
				r.mended = time.Now()
			}
		})
	}
}

// monitors runs one monitor after another: most are killed, some cannot reach
// the store for a while, some end in good order. The last one stays.
func (m *month) monitors() {
	for !m.over() {
		r := m.replica()
		m.within(8 * time.Hour)
		switch rand.N(3) {
		case 0:
			r.cutOff(rand.N(30 * time.Minute))
			r.stop()
		case 1:
			r.stop()
		case 2:
			m.do(func() { m.count.kills++ })
			r.kill()
		}
		m.within(time.Duration(1+rand.N(2)*19) * time.Minute)
	}
	r := m.replica()
	time.Sleep(4 * monthTTL)
	r.stop()
}
