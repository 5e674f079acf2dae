package lookup

import (
	"hash/maphash"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type person struct {
	id   string
	hash uint32
}

func (p *person) key() (string, uint32) { return p.id, p.hash }

// register is a table of people whose ids are numbers.
type register struct {
	*Table[person]
	seed maphash.Seed
}

func newRegister() register { return register{New((*person).key), maphash.MakeSeed()} }

func (g register) look(n int) *person {
	id := strconv.Itoa(n)
	return g.Find(id, g.hash(id))
}

func (g register) hash(id string) uint32 { return uint32(maphash.String(g.seed, id)) }

func (g register) enter(from, to int) {
	for n := from; n < to; n++ {
		id := strconv.Itoa(n)
		g.Put(&person{id: id, hash: g.hash(id)})
	}
}

func (g register) strike(from, to int) {
	for n := from; n < to; n++ {
		g.Remove(g.look(n))
	}
}

func (g register) size() int { return len(*g.slots.Load()) }

func TestATableHoldsWhatWasPutAndNotRemoved(t *testing.T) {
	const n = 5000
	g := newRegister()
	g.enter(0, n)
	g.strike(n/4, n/2)
	g.enter(n/4, n/3)
	there := func(i int) bool { return i < n/3 || i >= n/2 }
	for i := range 2 * n {
		l := g.look(i)
		require.Equal(t, i < n && there(i), l != nil, i)
		if l != nil {
			require.Equal(t, strconv.Itoa(i), l.id)
		}
	}
	seen := map[string]bool{}
	for l := range g.All {
		assert.False(t, seen[l.id])
		seen[l.id] = true
	}
	assert.Len(t, seen, g.Len())
	assert.Equal(t, n-(n/2-n/3), g.Len())
}

func TestTwoIDsWithOneHashAreTwoItems(t *testing.T) {
	g := newRegister()
	a, b := &person{id: "a", hash: 7}, &person{id: "b", hash: 7}
	g.Put(a)
	g.Put(b)
	g.Remove(a)
	assert.Nil(t, g.Find("a", 7))
	assert.Same(t, b, g.Find("b", 7))
	again := &person{id: "a", hash: 7}
	g.Put(again)
	assert.Same(t, again, g.Find("a", 7))
	assert.Same(t, b, g.Find("b", 7))
}

func TestWhoIsReplacedIsNeverMissed(t *testing.T) {
	const replacements, leastLooks = 10_000, 10_000
	g := newRegister()
	g.enter(0, 1)
	var over atomic.Bool
	looks := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for ; looks < leastLooks || !over.Load(); looks++ {
			if g.look(0) == nil {
				t.Error("nobody is found")
				return
			}
		}
	})
	for range replacements {
		old := g.look(0)
		now := &person{old.id, old.hash}
		g.replace(old, now)
		require.Same(t, now, g.look(0))
	}
	over.Store(true)
	wg.Wait()
	assert.Equal(t, 1, g.Len())
}

func TestWhoeverStaysIsFoundWhileOthersComeAndGo(t *testing.T) {
	const staying, coming, readers, leastArrays, mostRounds = 100, 1000, 3, 100, 100_000
	g := newRegister()
	g.enter(0, staying)
	var over atomic.Bool
	var arrays atomic.Int64 // of slots, as the readers saw them follow one another
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			last := g.slots.Load()
			for n := 0; !over.Load(); n = (n + 1) % staying {
				if l := g.look(n); l == nil || l.id != strconv.Itoa(n) {
					t.Errorf("%d is not found", n)
					return
				}
				if s := g.slots.Load(); s != last {
					last = s
					arrays.Add(1)
				}
			}
		})
	}
	for round := 0; round < mostRounds && arrays.Load() < leastArrays && !t.Failed(); round++ {
		g.enter(staying, staying+coming)
		g.strike(staying, staying+coming)
	}
	over.Store(true)
	wg.Wait()
	assert.GreaterOrEqual(t, arrays.Load(), int64(leastArrays), "the readers see arrays of slots come and go")
}

func TestSlotsAreGivenBackAfterAMassDeath(t *testing.T) {
	const many, few = 100_000, 10
	g := newRegister()
	g.enter(0, few)
	before := g.size()
	g.enter(few, many)
	assert.LessOrEqual(t, g.size(), 6*many)
	g.strike(few, many)
	assert.LessOrEqual(t, g.size(), max(before, 64))
	assert.Equal(t, few, g.Len())
}

func TestReplacingOneByAnotherSeldomMovesTheRest(t *testing.T) {
	const changes = 1000
	for n := 2; n < 300; n++ {
		g := newRegister()
		g.enter(0, n)
		moves, last := 0, g.slots.Load()
		for i := range changes {
			g.strike(i, i+1)
			g.enter(n+i, n+i+1)
			if s := g.slots.Load(); s != last {
				moves, last = moves+1, s
			}
		}
		require.LessOrEqual(t, moves, 1+2*changes/(n-1), "with %d of them", n)
		require.LessOrEqual(t, g.size(), 6*n, "with %d of them", n)
	}
}
