package monitor

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"slices"
	"time"
)

// maxSilences is the length of the longest text of Silences, in bytes: it shares a
// note with the rest of the shared state.
const maxSilences = 600

// keptSilences is the JSON of the text, before it is compressed.
type keptSilences struct {
	Days    [][]int64  `json:"d"` // see keptDay
	IDs     []string   `json:"i"`
	Closest [][3]int64 `json:"c"` // silence and TTL in ms, when it ended in s
}

// keptDay is a day as numbers: those before Counts, and Counts without the zeros at
// the end.
func keptDay(d Day) []int64 {
	at, _ := time.Parse(time.DateOnly, d.Date)
	numbers := []int64{
		at.Unix() / 86400, d.TTL.Milliseconds(), int64(math.Round(d.Watched.Seconds())), int64(math.Round(d.Online * 100)),
		int64(math.Round(d.Observed * 3600)), d.Longest.Milliseconds(), d.Died, d.Held,
	}
	last := len(d.Counts)
	for last > 0 && d.Counts[last-1] == 0 {
		last--
	}
	return append(numbers, d.Counts[:last]...)
}

// parseDay is the reverse of keptDay.
func parseDay(n []int64) (d Day, ok bool) {
	const fixed = 8
	lasted := make([]int64, len(bounds()))
	if len(n) < fixed || len(n) > fixed+len(lasted) || slices.Min(n) < 0 {
		return d, false
	}
	copy(lasted, n[fixed:])
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	return Day{
		Date: time.Unix(n[0]*86400, 0).UTC().Format(time.DateOnly), TTL: ms(n[1]), Watched: time.Duration(n[2]) * time.Second,
		Online: float64(n[3]) / 100, Observed: float64(n[4]) / 3600, Longest: ms(n[5]), Died: n[6], Held: n[7], Counts: lasted,
	}, true
}

// text returns the text that is kept. Where it would be too long it has fewer of the
// closest, or fewer days.
func (s Silences) text() string {
	var k keptSilences
	for _, d := range s.Days {
		k.Days = append(k.Days, keptDay(d))
	}
	for _, n := range s.Closest {
		k.IDs = append(k.IDs, n.ID)
		k.Closest = append(k.Closest, [3]int64{n.Silence.Milliseconds(), n.TTL.Milliseconds(), n.At.Unix()})
	}
	for {
		text := k.encode()
		switch n := len(k.IDs); {
		case len(text) <= maxSilences:
			return text
		case n > 0:
			k.IDs, k.Closest = k.IDs[:n-1], k.Closest[:n-1]
		case len(k.Days) > 0:
			k.Days = k.Days[1:]
		default:
			return ""
		}
	}
}

func (k keptSilences) encode() string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil || json.NewEncoder(w).Encode(k) != nil || w.Close() != nil {
		return ""
	}
	return base64.RawStdEncoding.EncodeToString(b.Bytes())
}

// parseSilences reads a text. One that cannot be read counts as empty.
func parseSilences(text string) Silences {
	const most = 64 << 10 // of what a text expands to
	s := Silences{Bounds: bounds()}
	packed, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(packed) == 0 {
		return s
	}
	var k keptSilences
	if json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), most)).Decode(&k) != nil || len(k.IDs) != len(k.Closest) {
		return s
	}
	for _, n := range k.Days[max(0, len(k.Days)-silenceDays):] {
		if d, ok := parseDay(n); ok {
			s.Days = append(s.Days, d)
		}
	}
	for i, c := range k.Closest[:min(len(k.Closest), silenceClosest)] {
		if c[0] > 0 && c[1] > 0 {
			s.Closest = append(s.Closest, Near{k.IDs[i], time.Duration(c[0]) * time.Millisecond, time.Duration(c[1]) * time.Millisecond, time.Unix(c[2], 0).UTC()})
		}
	}
	return s
}
