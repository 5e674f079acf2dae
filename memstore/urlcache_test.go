package memstore

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const size, until, now = 2, 10, 5

func filled() *urlCache {
	u := newURLCache(size)
	u.add("a", "http://a", until)
	u.add("b", "http://b", until)
	return u
}

func TestReadingAURLKeepsItAndPeekingDoesNot(t *testing.T) {
	for name, test := range map[string]struct {
		use     func(u *urlCache)
		evicted string
	}{
		"no use":     {func(*urlCache) {}, "a"},
		"read":       {func(u *urlCache) { u.read("a", now) }, "b"},
		"peek":       {func(u *urlCache) { u.peek("a") }, "a"},
		"ids":        {func(u *urlCache) { u.ids() }, "a"},
		"replace":    {func(u *urlCache) { u.add("a", "http://new", until) }, "b"},
		"add no URL": {func(u *urlCache) { u.add("a", "", until) }, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			u := filled()
			test.use(u)
			u.add("c", "http://c", until)
			assert.Empty(t, u.read(test.evicted, now))
			assert.Len(t, u.ids(), size)
		})
	}
}

func TestAURLThatHasExpiredLeavesTheCache(t *testing.T) {
	u := filled()
	assert.Equal(t, "http://a", u.read("a", until-1))
	assert.Empty(t, u.read("a", until))
	assert.Equal(t, []string{"b"}, u.ids())
}

func TestReadersAndWritersOfURLsAtOnce(t *testing.T) {
	const size, ids, callers, operations, leastRead = 16, 24, 8, 5000, 5000
	u := newURLCache(size)
	var clock, read atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range operations {
				id, now := strconv.Itoa(rand.IntN(ids)), time.Duration(clock.Add(1))
				switch rand.IntN(10) {
				case 0:
					u.remove(id)
				case 1, 2:
					u.add(id, "http://"+id, now+500)
				default:
					switch url := u.read(id, now); url {
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
	assert.LessOrEqual(t, len(u.ids()), size)
	assert.GreaterOrEqual(t, read.Load(), int64(leastRead))
}
