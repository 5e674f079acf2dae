package boltstore

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSlotsAreReused(t *testing.T) {
	tab := newTable(0, 0)
	for range 10 * slotsPerPage {
		tab.grant("a", time.Hour, nil)
		tab.grant("b", time.Hour, nil)
		tab.release("a")
		tab.grant("c", time.Hour, nil)
		tab.release("b")
		tab.release("c")
		tab.commit()
	}
	require.Len(t, tab.slots, slotsPerPage)
}

// A rollback restores a table, however much was changed.
func TestRollback(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	tab := newTable(0, 0)
	list := names(2 * slotsPerPage)
	change := func() {
		id := list[random.IntN(len(list))]
		if random.IntN(2) == 0 {
			tab.grant(id, time.Duration(1+random.IntN(1000))*time.Hour, nil)
		} else {
			tab.release(id)
		}
	}
	for range 50 {
		for range 100 {
			change()
		}
		tab.commit()
		slots, of := slices.Clone(tab.slots), maps.Clone(tab.of)
		for range 200 {
			change()
		}
		tab.rollback()
		for n, s := range tab.slots {
			want := slot{}
			if n < len(slots) {
				want = slots[n]
			}
			require.Equal(t, want, s)
		}
		require.Equal(t, of, tab.of)
		require.Len(t, tab.free, len(tab.slots)-len(tab.of))
		seen := map[uint32]bool{}
		for _, n := range tab.free {
			require.False(t, seen[n])
			seen[n] = true
			require.Empty(t, tab.slots[n].id)
		}
	}
}

func TestAPageKeepsEveryDeadline(t *testing.T) {
	for _, c := range []struct {
		length     int
		soon, long time.Duration
	}{
		{narrowLen, time.Minute, (narrowFinal-4)*unit - time.Minute},
		{wideLen, time.Minute, (narrowFinal+1)*unit - time.Minute},
		{wideLen, 366 * 24 * time.Hour, 30 * 24 * time.Hour},
	} {
		pageKeeps(t, c.length, c.soon, c.long)
	}
}

func pageKeeps(t *testing.T, length int, soon, long time.Duration) {
	const now = 1000*time.Hour + 1
	page := make([]slot, slotsPerPage)
	page[0] = slot{id: "alive", until: now + 1}
	page[1] = slot{id: "extended", until: now + soon, final: true}
	page[2] = slot{id: "dead", until: now - 1, final: true}
	page[3] = slot{id: "long-dead", until: now - long, final: true}
	require.Equal(t, length, len(encodePage(now, page)))
	got := make([]slot, slotsPerPage)
	require.NoError(t, decodePage(encodePage(now, page), got))
	for i, s := range got[:4] {
		rounded := s.until - page[i].until
		if page[i].until <= now {
			rounded = -rounded
		}
		require.GreaterOrEqual(t, rounded, time.Duration(0))
		require.Less(t, rounded, unit)
		require.Equal(t, page[i].final, s.final)
		got[i].id = page[i].id
	}
	require.Equal(t, make([]slot, slotsPerPage-4), got[4:])

	again := make([]slot, slotsPerPage)
	require.NoError(t, decodePage(encodePage(now+5, got), again))
	for i := range again {
		require.Equal(t, got[i].until, again[i].until) // rounding does not add up
	}
	require.Error(t, decodePage(nil, got))
}
