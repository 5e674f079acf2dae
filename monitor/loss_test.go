package monitor

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// lossy is a monitor that leads, whose panel has two members that missed
// heartbeats.
func lossy(now time.Time) *Monitor {
	m := &Monitor{traits: driver.Traits{TTLs: store.TTLs{Liveness: 3 * time.Second}}}
	m.leadership.leads = true
	p := &m.guard.panel
	p.members = map[string]*member{"a": {missed: now}, "b": {missed: now}}
	p.beat, p.faded, p.counts = 500*time.Millisecond, now, counts{got: 6, missed: 4}
	return m
}

func TestLossIsANumberWhateverTheClock(t *testing.T) {
	now := time.Now()
	for _, step := range []time.Duration{0, time.Hour, -time.Hour, -365 * 24 * time.Hour} {
		m := lossy(now)
		s := shared{Got: 1, Missed: 1, LossAt: now.Add(-time.Second)}
		for range 3 {
			m.guard.panel.takeBack(m.guard.panel.learnLoss(&s, m, now.Add(step)))
			assert.False(t, math.IsNaN(s.Loss+s.Got+s.Missed) || math.IsInf(s.Got+s.Missed, 0), "%+v after %v", s, step)
			assert.NotEmpty(t, s.encode())
		}
	}
}

func TestLearningAgainAddsNothing(t *testing.T) {
	now := time.Now()
	m := lossy(now)
	first, second := shared{}, shared{}
	added := m.guard.panel.learnLoss(&first, m, now)
	assert.Equal(t, added, m.guard.panel.learnLoss(&second, m, now), "the first was not written")
	assert.Equal(t, first, second)
	m.guard.panel.takeBack(added)
	assert.Zero(t, m.guard.panel.counts)
}
