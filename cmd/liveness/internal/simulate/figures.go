package simulate

import (
	"slices"
	"strconv"
	"time"
)

// Figures are what one run has shown. Workspaces that were left out count
// nowhere but in LeftOut.
type Figures struct {
	TTL     seconds `json:"ttl_s"`
	Elapsed seconds `json:"elapsed_s"`

	Heartbeats int `json:"heartbeats"` // acknowledged by the store
	Stalls     int `json:"stalls"`

	Injected     int    `json:"deaths_injected"` // and due: the deadline has passed
	Seen         int    `json:"deaths_seen"`
	AfterDeath   Spread `json:"seen_after_death_s"`
	PastDeadline Spread `json:"seen_past_deadline_s"`

	LookedOffline  int `json:"healthy_looked_offline"`
	LeadersOffline int `json:"healthy_leaders_looked_offline"`
	Restarts       int `json:"restarts"`

	Fleet   int     `json:"workspaces"`
	LeftOut int     `json:"left_out"`
	Longest seconds `json:"longest_between_looks_s"`
	Blind   seconds `json:"blind_s"`
}

// Spread tells a set of durations by two of them.
type Spread struct {
	Median seconds `json:"median"`
	Worst  seconds `json:"worst"`
}

// seconds is a duration that is written as a number of seconds.
type seconds time.Duration

// MarshalJSON writes seconds to the millisecond.
func (s seconds) MarshalJSON() ([]byte, error) {
	rounded := time.Duration(s).Round(time.Millisecond).Seconds()
	return strconv.AppendFloat(nil, rounded, 'f', -1, 64), nil
}

func (s seconds) seconds() float64 { return time.Duration(s).Seconds() }
func (s seconds) minutes() float64 { return time.Duration(s).Minutes() }

// String writes seconds with their unit, such as 60s.
func (s seconds) String() string {
	return strconv.FormatFloat(s.seconds(), 'f', -1, 64) + "s"
}

// Trusted reports whether the run says something about the store: at most one
// workspace in a hundred was left out, and for at most a hundredth of the time
// nobody looked.
func (f Figures) Trusted() bool {
	return f.LeftOut*100 <= f.Fleet && f.Blind*100 <= f.Elapsed
}

// figures counts what the watcher has seen.
func (w *watcher) figures() *Figures {
	end := w.looked
	f := &Figures{
		TTL:     seconds(w.ttl),
		Elapsed: seconds(end),
		Fleet:   len(w.members),
		Longest: seconds(w.longest),
		Blind:   seconds(w.blind),
	}
	var after, past []time.Duration
	for _, m := range w.members {
		st := m.soFar()
		if st.leftOut(end) {
			f.LeftOut++
			continue
		}
		f.count(m, st)
		deadline := st.sent + w.ttl
		switch {
		case m.seen:
			f.Injected++
			f.Seen++
			after = append(after, m.seenAt-st.died)
			past = append(past, m.seenAt-deadline)
		case st.dead && deadline < end-tolerance:
			f.Injected++
		}
	}
	f.AfterDeath, f.PastDeadline = spread(after), spread(past)
	return f
}

func (f *Figures) count(m *member, st state) {
	f.Heartbeats += st.heard
	f.Stalls += st.stalls
	f.Restarts += m.restarts
	if m.restarts > 0 {
		f.LookedOffline++
		if m.leader {
			f.LeadersOffline++
		}
	}
}

func spread(ds []time.Duration) Spread {
	if len(ds) == 0 {
		return Spread{}
	}
	slices.Sort(ds)
	return Spread{Median: seconds(ds[(len(ds)-1)/2]), Worst: seconds(ds[len(ds)-1])}
}
