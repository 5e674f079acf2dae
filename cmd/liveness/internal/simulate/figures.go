package simulate

import (
	"slices"
	"strconv"
	"time"
)

// Figures are what one run has shown. Workspaces that were left out count
// nowhere but in LeftOut.
type Figures struct {
	TTL       seconds `json:"ttl_s"`
	Announced bool    `json:"stalls_announced"`
	Probe     bool    `json:"probe"`
	Elapsed   seconds `json:"elapsed_s"`

	Heartbeats int `json:"heartbeats"` // acknowledged by the store
	Refused    int `json:"heartbeats_refused"`
	Stalls     int `json:"stalls"`

	Injected     int    `json:"deaths_injected"` // and due: the deadline has passed
	Reported     int    `json:"deaths_reported"`
	AfterDeath   Spread `json:"reported_after_death_s"`
	PastDeadline Spread `json:"reported_past_deadline_s"`
	Missed       int    `json:"deaths_missed"`
	Again        int    `json:"reported_again"` // reports of a silence that was reported before

	HealthyReported int `json:"healthy_reported"`
	LeadersReported int `json:"healthy_leaders_reported"`
	Restarts        int `json:"restarts"`

	Graces  int     `json:"graces"`
	Holds   int     `json:"holds"`
	Killed  int     `json:"monitors_killed"`
	Fleet   int     `json:"workspaces"`
	LeftOut int     `json:"left_out"`
	Longest seconds `json:"longest_without_sweep_s"`
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

// column returns the column that the figures belong to.
func (f Figures) column() column {
	return column{time.Duration(f.TTL), f.Announced, f.Probe}
}

func (s seconds) seconds() float64 { return time.Duration(s).Seconds() }
func (s seconds) minutes() float64 { return time.Duration(s).Minutes() }

// String writes seconds with their unit, such as 60s.
func (s seconds) String() string {
	return strconv.FormatFloat(s.seconds(), 'f', -1, 64) + "s"
}

// Trusted reports whether the run says something about the store: at most one
// workspace in a hundred was left out, and for at most a hundredth of the time
// there was no sweep.
func (f Figures) Trusted() bool {
	return f.LeftOut*100 <= f.Fleet && f.Blind*100 <= f.Elapsed
}

// figures counts the events so far.
func (r *run) figures() *Figures {
	end, swept := r.pace.now(), r.sweeps.soFar()
	f := &Figures{
		TTL:       seconds(r.ttl),
		Announced: r.announced,
		Probe:     r.probe,
		Elapsed:   seconds(end),
		Graces:    swept.graces,
		Fleet:     len(r.fleet),
		Longest:   seconds(swept.longest),
		Blind:     seconds(swept.blind),
	}
	for _, x := range r.replicas {
		if x.killed.Load() {
			f.Killed++
		}
		f.Holds = max(f.Holds, int(x.monitor.Status().Totals.Holds))
	}
	var after, past []time.Duration
	for _, w := range r.fleet {
		st := w.soFar()
		if st.leftOut(end) {
			f.LeftOut++
			continue
		}
		f.count(w.leader, st)
		switch {
		case st.reported:
			after = append(after, st.after)
			past = append(past, st.past)
		case st.dead && st.sent+r.ttl < end-tolerance:
			f.Missed++
		}
	}
	f.Reported = len(after)
	f.Injected = f.Reported + f.Missed
	f.AfterDeath, f.PastDeadline = spread(after), spread(past)
	return f
}

func (f *Figures) count(leader bool, st state) {
	f.Heartbeats += st.heard
	f.Refused += st.refused
	f.Stalls += st.stalls
	f.Again += st.again
	f.Restarts += st.restarts
	if st.restarts > 0 {
		f.HealthyReported++
		if leader {
			f.LeadersReported++
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
