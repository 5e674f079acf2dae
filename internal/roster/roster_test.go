package roster

import (
	"fmt"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

func TestALifeSeenToBeOverIsNotExtendedByAnOlderReadingOfTheClock(t *testing.T) {
	r, clock := newRoster(1)
	r.Set("a", time.Minute, nil)
	early := clock.now
	clock.now += time.Minute
	assert.Zero(t, r.Remaining("a"))
	clock.now = early
	assert.False(t, r.Refresh("a", time.Minute))
	assert.False(t, r.Refresh("a", time.Second))
	assert.Zero(t, r.Remaining("a"), "once over, it stays over for every reader")
}

// A heartbeat is overtaken by another between its reading of the clock and its
// effect.
func TestAnOlderReadingOfTheClockDoesNotShortenALife(t *testing.T) {
	r, clock := newRoster(1)
	r.Set("a", time.Minute, nil)
	early, late := clock.now, clock.now+10*time.Second
	clock.now = late
	assert.True(t, r.Refresh("a", time.Minute))
	readings := []time.Duration{early, late}
	r.Now = func() (now time.Duration) {
		now, readings = readings[0], readings[1:]
		return now
	}
	assert.True(t, r.Refresh("a", time.Minute))
	r.Now = clock.read
	assert.Equal(t, time.Minute, r.Remaining("a"))
}

func TestAnotherTTLMovesTheDeadlineEitherWay(t *testing.T) {
	r, clock := newRoster(1)
	r.Set("a", time.Hour, nil)
	assert.True(t, r.Refresh("a", time.Minute))
	assert.Equal(t, time.Minute, r.Remaining("a"))
	clock.now += time.Minute
	assert.False(t, r.Refresh("a", time.Hour))
	assert.Zero(t, countOf(r), "the index follows a deadline that became earlier")
}

func TestTheDeadMakeRoom(t *testing.T) {
	const limit = 1000
	r, clock := newRoster(limit)
	for i := range limit {
		require.NotNil(t, r.Set(fmt.Sprint("first", i), time.Minute+time.Duration(i), nil))
	}
	assert.Nil(t, r.Set("one too many", time.Minute, nil))
	assert.Equal(t, limit, countOf(r))

	set := func(id string, ttl time.Duration) *Life {
		l := r.Set(id, ttl, nil)
		for l == nil && !r.Reap(func(dead int) bool { return dead == 0 }) {
			l = r.Set(id, ttl, nil)
		}
		return l
	}
	clock.now += time.Minute
	assert.NotNil(t, set("in place of the dead", time.Hour))
	assert.Nil(t, set("one too many", time.Minute))

	clock.now += time.Minute
	for i := range limit - 1 {
		require.NotNil(t, set(fmt.Sprint("second", i), time.Minute))
	}
	assert.Equal(t, limit, countOf(r))
}

func TestAHeartbeatLeavesTheIndexAloneUntilItsTimeHasCome(t *testing.T) {
	r, clock := newRoster(10)
	r.Set("beating", time.Minute, nil)
	r.Set("silent", time.Minute, nil)
	for range 5 {
		clock.now += 59 * time.Second
		assert.True(t, r.Refresh("beating", time.Minute))
	}
	assert.Equal(t, 1, countOf(r))
	assert.Equal(t, time.Minute, r.Remaining("beating"))
	for i := range r.stripes {
		for at, slot := range r.stripes[i].index.entries {
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
			r.Set(id, time.Duration(1+i%50)*time.Second, nil)
		case 3, 4:
			r.Refresh(id, time.Duration(1+i%40)*time.Second)
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
	assert.Equal(t, online, countOf(r))
	assert.NotZero(t, online)
	checkIndex(t, r)
	clock.now += time.Hour
	assert.Zero(t, countOf(r))
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
				if r.Set(fmt.Sprint(c, "/", i), time.Hour, nil) != nil {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	assert.Equal(t, limit, taken)
	assert.Equal(t, limit, countOf(r))
}

func TestAllHoldsNoLock(t *testing.T) {
	r, _ := newRoster(100)
	for i := range 50 {
		r.Set(fmt.Sprint(i), time.Minute, nil)
	}
	seen := 0
	for id := range r.All() {
		r.Remove(id, func() {})
		r.Set("new "+id, time.Minute, nil)
		seen++
	}
	assert.GreaterOrEqual(t, seen, 50)
}

func TestAShortLifeIsInTheIndexAtOnce(t *testing.T) {
	f := newFleet(t)
	f.Set("set", time.Hour, nil)
	f.Set("refreshed", time.Hour, nil)
	assert.Less(t, f.pass(0).Next, time.Hour+1)
	f.Set("set", time.Second, nil)
	assert.Equal(t, time.Second, f.pass(0).Next)
	assert.True(t, f.Refresh("refreshed", time.Millisecond))
	assert.Equal(t, time.Millisecond, f.pass(0).Next)
	f.clock.now += time.Second
	assert.ElementsMatch(t, []string{"set", "refreshed"}, f.sweep(driver.SweepOptions{}).Detected)
	checkIndex(t, f.Roster)
}

func TestIDsAreCopied(t *testing.T) {
	f := newFleet(t)
	body := []byte("lives adopted")
	text := unsafe.String(&body[0], len(body))
	f.Set(text[:5], time.Hour, nil)
	f.Adopt(text[6:], f.time())
	copy(body, "XXXXXXXXXXXXX")
	for id := range f.All() {
		assert.Equal(t, "lives", id)
	}
	assert.Equal(t, "adopted", f.claimOne().ID)
}

func TestExpire(t *testing.T) {
	t.Run("ends the life, and the death is ready", func(t *testing.T) {
		f := newFleet(t)
		f.Set("a", time.Hour, nil)
		f.Expire("a", f.clock.now)
		assert.Zero(t, f.Remaining("a"))
		assert.False(t, f.Refresh("a", ttl))
		found := f.sweep(driver.SweepOptions{})
		assert.Empty(t, found.Detected)
		assert.Equal(t, []int{0, 1, 0}, []int{found.Online, found.Ready, found.Fresh})
		d := f.claimOne()
		assert.True(t, d.Expired)
		assert.Equal(t, f.time(), d.Deadline)
		f.Expire("a", f.clock.now)
		assert.Empty(t, f.claim())
	})
	t.Run("changes nothing of a workspace that is not online", func(t *testing.T) {
		f := newFleet(t)
		f.die("a")
		f.Expire("a", f.clock.now)
		f.Expire("unknown", f.clock.now)
		assert.False(t, f.claimOne().Expired)
	})
	t.Run("nothing is leased during a grace", func(t *testing.T) {
		f := newFleet(t)
		f.Set("a", time.Hour, nil)
		f.clock.now += time.Minute
		f.sweep(driver.SweepOptions{})
		f.Expire("a", f.clock.now)
		assert.Empty(t, f.claim())
	})
}
