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
	for range 10 * slotsPerBlock {
		tab.put(slot{id: "a", until: time.Hour})
		tab.put(slot{id: "b", until: time.Hour})
		tab.remove("a")
		tab.put(slot{id: "c", until: time.Hour})
		tab.remove("b")
		tab.remove("c")
		tab.commit()
	}
	require.Len(t, tab.slots, slotsPerBlock)
}

// A rollback restores a table, however much was changed.
func TestRollback(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	tab := newTable(0, 0)
	list := names(2 * slotsPerBlock)
	change := func() {
		id := list[random.IntN(len(list))]
		if random.IntN(2) == 0 {
			tab.put(slot{id: id, until: time.Duration(1+random.IntN(1000)) * time.Hour})
		} else {
			tab.remove(id)
		}
	}
	for range 50 {
		for range 100 {
			change()
		}
		tab.commit()
		slots, slotOf := slices.Clone(tab.slots), maps.Clone(tab.slotOf)
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
		require.Equal(t, slotOf, tab.slotOf)
		require.Len(t, tab.free, len(tab.slots)-len(tab.slotOf))
		seen := map[uint32]bool{}
		for _, n := range tab.free {
			require.False(t, seen[n])
			seen[n] = true
			require.Empty(t, tab.slots[n].id)
		}
	}
}

func TestABlockKeepsEveryDeadline(t *testing.T) {
	for _, c := range []struct {
		length     int
		soon, long time.Duration
	}{
		{narrowLen, time.Minute, (narrowFinal-4)*unit - time.Minute},
		{wideLen, time.Minute, (narrowFinal+1)*unit - time.Minute},
		{wideLen, 366 * 24 * time.Hour, 30 * 24 * time.Hour},
	} {
		blockKeeps(t, c.length, c.soon, c.long)
	}
}

func blockKeeps(t *testing.T, length int, soon, long time.Duration) {
	const now = 1000*time.Hour + 1
	block := make([]slot, slotsPerBlock)
	block[0] = slot{id: "alive", until: now + 1}
	block[1] = slot{id: "extended", until: now + soon, final: true}
	block[2] = slot{id: "dead", until: now - 1, final: true}
	block[3] = slot{id: "long-dead", until: now - long, final: true}
	require.Equal(t, length, len(encodeBlock(now, block)))
	got := make([]slot, slotsPerBlock)
	require.NoError(t, decodeBlock(encodeBlock(now, block), got))
	for i, s := range got[:4] {
		rounded := s.until - block[i].until
		if block[i].until <= now {
			rounded = -rounded
		}
		require.GreaterOrEqual(t, rounded, time.Duration(0))
		require.Less(t, rounded, unit)
		require.Equal(t, block[i].final, s.final)
		got[i].id = block[i].id
	}
	require.Equal(t, make([]slot, slotsPerBlock-4), got[4:])

	again := make([]slot, slotsPerBlock)
	require.NoError(t, decodeBlock(encodeBlock(now+5, got), again))
	for i := range again {
		require.Equal(t, got[i].until, again[i].until) // rounding does not add up
	}
	require.Error(t, decodeBlock(nil, got))
}
