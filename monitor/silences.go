package monitor

import (
	"cmp"
	"context"
	"slices"
	"time"
)

const (
	silenceDays    = 7 // are kept
	silenceClosest = 8 // workspaces, or fewer if their ids are long
)

// Silences is how close workspaces come to being declared dead: the silences that
// ended by themselves, by their length. The monitors of a store keep it there. The
// package comment says which silences are observed, and how exactly.
type Silences struct {
	Heartbeat time.Duration   `json:"heartbeat,omitzero"` // how often workspaces are heard from
	Bounds    []time.Duration `json:"bounds"`             // of Day.Counts
	Days      []Day           `json:"days"`               // the last seven on which a monitor watched, the oldest first
	Closest   []Near          `json:"closest"`            // at most eight workspaces, those that used up the largest part of their TTL first
}

// Day is the silences that ended on one day, in UTC by the clock of the store.
type Day struct {
	Date     string        `json:"date"`     // 2026-11-27
	TTL      time.Duration `json:"ttl"`      // TTLs.Liveness, the shortest of the day
	Watched  time.Duration `json:"watched"`  // for so long a monitor watched
	Online   float64       `json:"online"`   // workspaces, on average while a monitor watched
	Observed float64       `json:"observed"` // hours: the sum of the silences in Counts
	Longest  time.Duration `json:"longest"`  // of the silences in Counts

	// Counts[i] is how many silences lasted for Bounds[i] or longer, but not for
	// Bounds[i+1]. A silence under a TTL that SetOnlineFor or RefreshFor granted (an
	// announced one) is left out: another TTLs.Liveness would not change its end.
	Counts []int64 `json:"counts"`

	Died int64 `json:"died"` // observed silences that ended as a death that was handed out
	Held int64 `json:"held"` // silences left out because many workspaces were silent at once: a hold protects these
}

// Near is a workspace that came close to being declared dead, or that came back
// before its death was handed out.
type Near struct {
	ID      string        `json:"id"`
	Silence time.Duration `json:"silence"` // the one that used up the largest part of its TTL
	TTL     time.Duration `json:"ttl"`     // in force during that silence, whether usual or announced
	At      time.Time     `json:"at"`      // when it ended
}

// Used returns which part of its TTL the silence used up.
func (n Near) Used() float64 { return float64(n.Silence) / float64(n.TTL) }

// AtLeast returns how many silences of the day lasted for at least so long. Where d is
// no bound it is those that lasted for the bound below.
func (s Silences) AtLeast(day Day, d time.Duration) (n int64) {
	at, found := slices.BinarySearch(s.Bounds, d)
	if !found {
		at--
	}
	for _, count := range day.Counts[min(max(0, at), len(day.Counts)):] {
		n += count
	}
	return n
}

// Silences reads from the store how close its workspaces come to being declared
// dead. The monitor need not run.
func (m *Monitor) Silences(ctx context.Context) (Silences, error) {
	if err := m.readNotes(ctx); err != nil {
		return Silences{}, err
	}
	s, _ := m.silences()
	return s, nil
}

// silences returns those that monitors have kept and those that this one will, and
// the histogram of this one.
func (m *Monitor) silences() (Silences, []Used) {
	a, now, p := m.agreed(), m.now(), &m.guard.panel
	s := parseSilences(a.Silences)
	s.Heartbeat = cmp.Or(a.Beat, m.traits.Heartbeat())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ledger.addTo(&s, a.Kept, now)
	return s, slices.Clone(p.ledger.used)
}

// bounds are those of every histogram: fine where TTLs lie.
func bounds() []time.Duration {
	seconds := []time.Duration{0, 15, 30, 40, 45, 50, 60, 75, 90, 105, 120, 150, 180, 240, 300, 360, 480, 600, 900, 1800, 3600}
	for i := range seconds {
		seconds[i] *= time.Second
	}
	return seconds
}

// day returns the day of a time, which may be new.
func (s *Silences) day(at time.Time, ttl time.Duration) *Day {
	date := at.UTC().Format(time.DateOnly)
	i, found := slices.BinarySearchFunc(s.Days, date, func(d Day, date string) int { return cmp.Compare(d.Date, date) })
	if !found {
		s.Days = slices.Insert(s.Days, i, Day{Date: date, TTL: ttl, Counts: make([]int64, len(s.Bounds))})
	}
	d := &s.Days[i]
	d.TTL = min(d.TTL, ttl)
	return d
}

// watch adds a time for which a monitor watched so many workspaces.
func (d *Day) watch(passed time.Duration, online float64) {
	if passed <= 0 {
		return
	}
	d.Watched += passed
	d.Online += (online - d.Online) * float64(passed) / float64(d.Watched)
}

// count adds a silence.
func (s *Silences) count(d *Day, silence time.Duration) {
	i, found := slices.BinarySearch(s.Bounds, silence)
	if !found {
		i--
	}
	d.Counts[i]++
	d.Observed += silence.Hours()
	d.Longest = max(d.Longest, silence)
}

// near adds a workspace to the closest, unless it came closer before.
func (s *Silences) near(n Near) {
	if i := slices.IndexFunc(s.Closest, func(other Near) bool { return other.ID == n.ID }); i >= 0 {
		if n.Used() <= s.Closest[i].Used() {
			return
		}
		s.Closest = slices.Delete(s.Closest, i, i+1)
	}
	at, _ := slices.BinarySearchFunc(s.Closest, n, func(a, b Near) int { return cmp.Compare(b.Used(), a.Used()) })
	s.Closest = slices.Insert(s.Closest, at, n)
	s.Closest = s.Closest[:min(len(s.Closest), silenceClosest)]
}

// add adds other, and forgets the days before those that are kept.
func (s *Silences) add(other Silences, now time.Time) {
	for _, o := range other.Days {
		at, err := time.Parse(time.DateOnly, o.Date)
		if err != nil {
			continue
		}
		d := s.day(at, o.TTL)
		d.watch(o.Watched, o.Online)
		d.Observed += o.Observed
		d.Longest = max(d.Longest, o.Longest)
		d.Died += o.Died
		d.Held += o.Held
		for i, n := range o.Counts[:min(len(o.Counts), len(d.Counts))] {
			d.Counts[i] += n
		}
	}
	for _, n := range other.Closest {
		s.near(n)
	}
	s.Days = s.Days[max(0, len(s.Days)-silenceDays):]
	s.Closest = slices.DeleteFunc(s.Closest, func(n Near) bool { return now.Sub(n.At) > silenceDays*24*time.Hour })
}
