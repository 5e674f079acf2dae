// Package advise tells what each liveness TTL would do to a fleet whose silences were
// observed.
//
//	advise.go    Advice: rows, and the sentence
//	observed.go  the silences of several days together
//	report.go    the tables for people
package advise

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

const (
	// Enough is for how long silences must be observed: a day has busy hours.
	Enough = 24 * time.Hour

	// reserve is the part of a TTL that a silence may use up where the TTL is long
	// enough.
	reserve = 2.0 / 3

	// least is how many heartbeats a TTL has at least.
	least = 3
)

// Shortest and Longest are the TTLs that can be judged: silences are counted from
// there to there.
const (
	Shortest = 15 * time.Second
	Longest  = time.Hour
)

// TTLs returns the TTLs about which advice is given unless others are asked for.
func TTLs() []time.Duration {
	return []time.Duration{time.Minute, 90 * time.Second, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute}
}

// Advice is what an operator is told. Its JSON has the silences, and can be advised
// about again.
type Advice struct {
	TTL      time.Duration    `json:"ttl"`      // in force; 0: nothing was observed
	Observed time.Duration    `json:"observed"` // for so long a monitor watched
	Rows     []Row            `json:"rows"`     // none if too little was observed
	Text     string           `json:"advice"`
	Silences monitor.Silences `json:"silences"`
}

// Row is what one TTL would do.
type Row struct {
	TTL    time.Duration `json:"ttl"`
	Living float64       `json:"living_restarted_per_day"` // at least, if Cut
	AtMost float64       `json:"at_most_per_day"`          // with a confidence of 95 %
	After  time.Duration `json:"death_noticed_after"`      // on average

	// Cut means that silences of this length were not observed to their end: the
	// TTL in force was no longer, and they ended as deaths. AtMost takes all of
	// these for living workspaces.
	Cut bool `json:"cut"`
}

// Check returns the first fault of silences that do not come from a store.
func Check(s monitor.Silences) error {
	for _, d := range s.Days {
		in := func(t time.Duration) bool { return 0 <= t && t <= store.MaxTTL }
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil || !in(d.TTL) || !in(d.Watched) || !in(d.Longest) || d.Online < 0 || d.Observed < 0 {
			return fmt.Errorf("the silences of the day %q are not those that a monitor tells", d.Date)
		}
	}
	for _, n := range s.Closest {
		if n.TTL <= 0 {
			return fmt.Errorf("the silence of %q has a TTL of %v", n.ID, n.TTL)
		}
	}
	if s.Heartbeat <= 0 || s.Heartbeat > store.MaxTTL || !slices.IsSorted(s.Bounds) {
		return fmt.Errorf("the heartbeat of %v, or a bound, is not one that a monitor tells", s.Heartbeat)
	}
	return nil
}

// New returns the advice about the TTLs, and the one in force.
func New(s monitor.Silences, ttls []time.Duration) Advice {
	all := observe(s, func(monitor.Day) bool { return true })
	a := Advice{Observed: all.watched, Silences: s}
	if len(s.Days) > 0 {
		a.TTL = s.Days[len(s.Days)-1].TTL
	}
	if all.watched.Round(time.Minute) < Enough || all.days <= 0 || a.TTL <= 0 {
		a.Text = tooLittle(all)
		return a
	}
	ttls = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(ttls), a.TTL))))
	for _, ttl := range ttls {
		a.Rows = append(a.Rows, newRow(s, all, ttl))
	}
	a.Text = a.sentence(all)
	return a
}

func tooLittle(all observed) string {
	if all.watched == 0 {
		return "Nothing was observed: a monitor that runs on the store observes silences, unless its Hold.Share is 1."
	}
	return fmt.Sprintf("Too little was observed for advice: %v in which %.1f workspaces were online on average, of the %v that it takes.",
		all.watched.Round(time.Minute), all.online, Enough)
}

// newRow judges a TTL by the days on which a longer one was in force, for these show
// how long silences are that this one would cut. Where there is no such day it judges
// by all of them.
func newRow(s monitor.Silences, all observed, ttl time.Duration) Row {
	o := observe(s, func(d monitor.Day) bool { return d.TTL > ttl })
	cut := o.watched.Round(time.Minute) < Enough || o.days <= 0
	if cut {
		o = all
	}
	longer := o.atLeast(ttl)
	r := Row{TTL: ttl, Living: o.perDay(longer), After: ttl - s.Heartbeat/2, Cut: cut && o.died > 0}
	if cut {
		longer += o.died
	}
	r.AtMost = o.perDay(longer + 1 + 2*math.Sqrt(longer+1))
	return r
}

// sentence says what to do.
func (a Advice) sentence(all observed) string {
	long := all.longest
	if fits(a.TTL, all) {
		text := fmt.Sprintf("Keep %v: no silence that ended by itself used up more than %.0f %% of it.", a.TTL, 100*float64(long)/float64(a.TTL))
		for _, r := range slices.Backward(a.Rows) {
			if r.TTL < a.TTL && r.Living > 0 {
				text += fmt.Sprintf(" %v would restart %s living workspaces a day.", r.TTL, rate(r.Living))
				break
			}
		}
		return text
	}
	to := max(time.Duration(float64(long)/reserve), least*all.heartbeat, a.TTL+1)
	to = (to + time.Minute - 1).Truncate(time.Minute)
	for _, r := range slices.Backward(a.Rows) {
		if r.TTL > a.TTL && r.TTL < to && fits(r.TTL, all) {
			to = r.TTL
		}
	}
	text := fmt.Sprintf("Raise the TTL from %v to %v: ", a.TTL, to)
	if long < time.Duration(reserve*float64(a.TTL)) {
		return text + fmt.Sprintf("heartbeats come every %v, and %d of them should fit.", a.Silences.Heartbeat, least)
	}
	text += fmt.Sprintf("a silence that ended by itself used up %.0f %% of it.", 100*float64(long)/float64(a.TTL))
	if all.died > 0 {
		text += " Longer ones end as deaths and are not seen to their end: look again a day after the change."
	}
	return text
}

// fits reports whether a TTL leaves a reserve beyond every silence that was observed.
func fits(ttl time.Duration, all observed) bool {
	return float64(all.longest) <= reserve*float64(ttl) && ttl >= least*all.heartbeat
}
