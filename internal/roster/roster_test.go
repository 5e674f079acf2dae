package roster

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hand is a clock that is moved by hand.
type hand struct{ now time.Duration }

func (h *hand) read() time.Duration { return h.now }

func newRoster(limit int) (*Roster, *hand) {
	h := &hand{now: time.Hour}
	return New(Config{Now: h.read, Limit: limit, KeepDeaths: time.Hour}), h
}

func TestALifeSeenToBeOverIsNotExtendedByAnOlderReadingOfTheClock(t *testing.T) {
	r, clock := newRoster(1)
	r.Set("a", time.Minute)
	early := clock.now
	clock.now += time.Minute
	assert.Zero(t, r.Remaining("a"))
	clock.now = early
	assert.False(t, r.Extend("a", time.Minute))
	assert.False(t, r.Extend("a", time.Second))
	assert.Zero(t, r.Remaining("a"), "once over, it stays over for every reader")
}

// A heartbeat is overtaken by another between its reading of the clock and its
// effect.
func TestAnOlderReadingOfTheClockDoesNotShortenALife(t *testing.T) {
	r, clock := newRoster(1)
	r.Set("a", time.Minute)
	early, late := clock.now, clock.now+10*time.Second
	clock.now = late
	assert.True(t, r.Extend("a", time.Minute))
	readings := []time.Duration{early, late}
	r.Now = func() (now time.Duration) {
		now, readings = readings[0], readings[1:]
		return now
	}
	assert.True(t, r.Extend("a", time.Minute))
	r.Now = clock.read
	assert.Equal(t, time.Minute, r.Remaining("a"))
}

func TestAnotherTTLMovesTheDeadlineEitherWay(t *testing.T) {
	r, clock := newRoster(1)
	r.Set("a", time.Hour)
	assert.True(t, r.Extend("a", time.Minute))
	assert.Equal(t, time.Minute, r.Remaining("a"))
	clock.now += time.Minute
	assert.False(t, r.Extend("a", time.Hour))
	assert.Zero(t, r.Count(), "the index follows a deadline that became earlier")
}

func TestTheDeadMakeRoom(t *testing.T) {
	const limit = 1000
	r, clock := newRoster(limit)
	for i := range limit {
		require.NotNil(t, r.Set(fmt.Sprint("first", i), time.Minute+time.Duration(i)))
	}
	assert.Nil(t, r.Set("one too many", time.Minute))
	assert.Equal(t, limit, r.Count())

	clock.now += time.Minute
	assert.NotNil(t, r.Set("in place of the dead", time.Hour))
	assert.Nil(t, r.Set("one too many", time.Minute))

	clock.now += time.Minute
	for i := range limit - 1 {
		require.NotNil(t, r.Set(fmt.Sprint("second", i), time.Minute))
	}
	assert.Equal(t, limit, r.Count())
}

func TestAHeartbeatLeavesTheIndexAloneUntilItsTimeHasCome(t *testing.T) {
	r, clock := newRoster(10)
	r.Set("beating", time.Minute)
	r.Set("silent", time.Minute)
	for range 5 {
		clock.now += 59 * time.Second
		assert.True(t, r.Extend("beating", time.Minute))
	}
	assert.Equal(t, 1, r.Count())
	assert.Equal(t, time.Minute, r.Remaining("beating"))
	for i := range r.shard {
		for at, slot := range r.shard[i].due.entries {
			assert.Equal(t, at, int(slot.item.at))
			assert.LessOrEqual(t, slot.when, clock.now+time.Minute)
		}
	}
}

func TestTheIndexHoldsExactlyTheLives(t *testing.T) {
	r, clock := newRoster(1 << 20)
	for i := range 20_000 {
		id := fmt.Sprint(i % 3000)
		switch i % 7 {
		case 0, 1, 2:
			r.Set(id, time.Duration(1+i%50)*time.Second)
		case 3, 4:
			r.Extend(id, time.Duration(1+i%40)*time.Second)
		case 5:
			r.Remove(id, func() {})
		case 6:
			clock.now += 100 * time.Millisecond
		}
	}
	online := 0
	for range r.All() {
		online++
	}
	assert.Equal(t, online, r.Count())
	assert.NotZero(t, online)
	checkIndex(t, r)
	clock.now += time.Hour
	assert.Zero(t, r.Count())
}

func TestTheLimitIsOneBudget(t *testing.T) {
	const limit, callers = 100, 64
	r := New(Config{Now: func() time.Duration { return 1 }, Limit: limit})
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for c := range callers {
		wg.Go(func() {
			for i := range limit {
				if r.Set(fmt.Sprint(c, "/", i), time.Hour) != nil {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	assert.Equal(t, limit, taken)
	assert.Equal(t, limit, r.Count())
}

func TestAllHoldsNoLock(t *testing.T) {
	r, _ := newRoster(100)
	for i := range 50 {
		r.Set(fmt.Sprint(i), time.Minute)
	}
	seen := 0
	for id := range r.All() {
		r.Remove(id, func() {})
		r.Set("new "+id, time.Minute)
		seen++
	}
	assert.GreaterOrEqual(t, seen, 50)
}
