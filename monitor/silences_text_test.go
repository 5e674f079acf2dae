package monitor

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// week returns seven days of a fleet with silences of many lengths, and the closest.
func week(ids ...string) Silences {
	s := Silences{Bounds: bounds()}
	start := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for n := range silenceDays {
		at := start.AddDate(0, 0, n)
		d := s.day(at, 3*time.Minute)
		d.watch(24*time.Hour, 199.97)
		d.Died, d.Held = int64(4+n%3), int64(200*(n%2))
		for i := range d.Counts {
			d.Counts[i] = int64(570_000/(1+i*i*i*i*i)) + int64(n*i%7)
		}
		d.Observed, d.Longest = 4800, time.Duration(118+n)*time.Second
	}
	for n, id := range ids {
		s.near(Near{id, time.Duration(170-7*n) * time.Second, 3 * time.Minute, start.Add(time.Duration(n) * 17 * time.Hour)})
	}
	return s
}

// uuids returns ids of 36 bytes that compress as badly as real ones.
func uuids(n int) (ids []string) {
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		ids = append(ids, fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48)))
	}
	return ids
}

func TestTheTextOfSilences(t *testing.T) {
	t.Run("has seven days and the closest, and is read again as it was", func(t *testing.T) {
		s := week("leader-1", "leader-2", "leader-3", "leader-4", "leader-5")
		text := s.text()
		t.Log(len(text), "bytes")
		assert.LessOrEqual(t, len(text), maxSilences)
		assert.Equal(t, s, parseSilences(text))
	})

	t.Run("has fewer of the closest where ids are long, and the first of them stays", func(t *testing.T) {
		s := week(uuids(8)...)
		text := s.text()
		assert.LessOrEqual(t, len(text), maxSilences)
		got := parseSilences(text)
		assert.Equal(t, s.Days, got.Days)
		require.NotEmpty(t, got.Closest)
		t.Log(len(got.Closest), "of 8 with ids of 36 bytes")
		assert.Equal(t, s.Closest[:len(got.Closest)], got.Closest)
		for _, id := range []string{strings.Repeat("x", 256), strings.Join(uuids(7), "")} {
			assert.LessOrEqual(t, len(week(id).text()), maxSilences)
			assert.Len(t, parseSilences(week(id).text()).Days, silenceDays)
		}
	})

	t.Run("that cannot be read counts as empty", func(t *testing.T) {
		for _, text := range []string{"", "A", "!", "AAAA", week().text()[:50], keptSilences{IDs: []string{"a"}}.encode(), strings.Repeat("A", maxSilences)} {
			assert.Equal(t, Silences{Bounds: bounds()}, parseSilences(text), text)
		}
	})
}

func FuzzSilencesOfANote(f *testing.F) {
	f.Add(week("a", "b").text())
	f.Add(keptSilences{Days: [][]int64{{1 << 62, 1, 1, 1, 1, 1, 1, 1, 1}}, IDs: []string{"x"}, Closest: [][3]int64{{1 << 62, 1, 1 << 62}}}.encode())
	f.Fuzz(func(t *testing.T, text string) {
		s := parseSilences(text)
		s.add(week("c"), time.Now())
		assert.LessOrEqual(t, len(s.text()), maxSilences)
	})
}
