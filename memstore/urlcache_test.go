package memstore

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ticking is a clock that goes on by 1 with each reading.
type ticking struct{ now atomic.Int64 }

func (c *ticking) read() time.Duration { return time.Duration(c.now.Add(1)) }

func (u *urlCache) mustAgree(t *testing.T) {
	assert.Equal(t, u.order.Len(), u.byID.Len())
	for c := range u.byID.All {
		there, _ := u.order.Peek(c.id)
		assert.Same(t, there, c)
	}
}

func TestEvictionIsThatOfACacheWhoseReadsAreInOrder(t *testing.T) {
	const size, ids, operations, leastEvicted = 16, 24, 50_000, 1000
	var clock ticking
	u := newURLCache(size)
	evicted := 0
	model, err := simplelru.NewLRU[string, string](size, nil)
	require.NoError(t, err)
	for range operations {
		id := strconv.Itoa(rand.IntN(ids))
		switch rand.IntN(10) {
		case 0:
			u.remove(id)
			model.Remove(id)
		case 1, 2, 3:
			url := strconv.Itoa(rand.Int())
			u.add(id, url, time.Hour)
			if model.Add(id, url) {
				evicted++
			}
		default:
			url, _ := model.Get(id)
			require.Equal(t, url, u.read(id, clock.read()))
		}
	}
	u.mustAgree(t)
	assert.GreaterOrEqual(t, evicted, leastEvicted)
}

func TestReadersAndWritersOfURLsAtOnce(t *testing.T) {
	const size, ids, callers, operations, leastRead = 16, 24, 8, 5000, 5000
	var clock ticking
	u := newURLCache(size)
	var read atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range operations {
				id := strconv.Itoa(rand.IntN(ids))
				switch rand.IntN(10) {
				case 0:
					u.remove(id)
				case 1, 2:
					now := clock.read()
					u.add(id, "http://"+id, now+500)
				default:
					switch url := u.read(id, clock.read()); url {
					case "":
					case "http://" + id:
						read.Add(1)
					default:
						t.Errorf("%s has the URL %s", id, url)
					}
				}
			}
		})
	}
	wg.Wait()
	u.mustAgree(t)
	assert.LessOrEqual(t, u.order.Len(), size)
	assert.GreaterOrEqual(t, read.Load(), int64(leastRead))
}

func TestAURLThatIsOverDoesNotTakeItsSuccessorAlong(t *testing.T) {
	u := newURLCache(1)
	u.add("a", "http://first", 1)
	first := u.byID.Find("a", u.hash("a"))
	u.add("a", "http://second", 3)
	u.drop(first)
	assert.Equal(t, "http://second", u.read("a", 2))
	assert.Empty(t, u.read("a", 3))
	u.mustAgree(t)
	assert.Zero(t, u.order.Len())
}

// Each URL is noted after the next one and then removed; one that stays is noted
// after the first.
func TestURLsThatCameAndWentAreNotKept(t *testing.T) {
	const passing = 10_000
	u := newURLCache(10)
	var gone atomic.Int64
	add := func(id string) {
		u.add(id, "http://a", time.Hour)
		runtime.AddCleanup(u.byID.Find(id, u.hash(id)), func(*atomic.Int64) { gone.Add(1) }, &gone)
	}
	add("stays")
	add("0")
	u.read("0", 0)
	u.read("stays", 0)
	for i := range passing {
		id, next := strconv.Itoa(i), strconv.Itoa(i+1)
		add(next)
		u.read(next, 0)
		u.read(id, 0)
		u.remove(id)
	}
	add("last")
	assert.Eventually(t, func() bool {
		runtime.GC()
		return gone.Load() == passing
	}, 10*time.Second, time.Millisecond)
	assert.NotEmpty(t, u.read("stays", 0))
}

// A call that adds a URL finds few notes, however many URLs were read before.
func TestAfterManyReadsACallWorksOffFewNotes(t *testing.T) {
	const n, most, rounds = 100_000, 10_000, 5
	u := newURLCache(n)
	for i := range n {
		u.add(strconv.Itoa(i), "http://a", time.Hour)
	}
	longest := time.Duration(0)
	for round := range rounds {
		for i := range n {
			u.read(strconv.Itoa((i*7919+round)%n), time.Duration(i))
			require.LessOrEqual(t, u.notes.Load(), int64(most))
		}
		began := time.Now()
		u.add("0", "http://b", time.Hour)
		longest = max(longest, time.Since(began))
	}
	t.Logf("after %d reads a URL is added within %v", n, longest)
}

func TestReadersWorkOffTheirNotesWhenThereAreMany(t *testing.T) {
	const n = mostNotes + 10
	u := newURLCache(n)
	for i := range n {
		u.add(strconv.Itoa(i), "http://a", time.Hour)
	}
	for i := range n {
		u.read(strconv.Itoa(n-1-i), time.Duration(i))
	}
	assert.Less(t, u.notes.Load(), int64(n-mostNotes))
	known := u.order.Keys()
	assert.Equal(t, "9", known[n-1], "the last one whose note was worked off")
}
