package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Report is what a simulation has shown.
type Report struct {
	Config
	Runs        []Figures // one for each column that was simulated
	Interrupted bool
}

// Any reports whether there is something to write.
func (r *Report) Any() bool { return len(r.Runs) > 0 || r.Interrupted }

// Trusted reports whether every run says something about the store. See
// [Figures.Trusted].
func (r *Report) Trusted() bool {
	for _, f := range r.Runs {
		if !f.Trusted() {
			return false
		}
	}
	return true
}

// WriteJSON writes the report as one document. Durations are seconds of fleet
// time.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Store       string    `json:"store"`
		Seed        uint64    `json:"seed"`
		Workspaces  int       `json:"workspaces"`
		Leaders     int       `json:"leaders"`
		Deaths      int       `json:"deaths"`
		Speed       int       `json:"speed"`
		Duration    seconds   `json:"duration_s"`
		Monitors    int       `json:"monitors"`
		KillMonitor bool      `json:"kill_monitor"`
		Outage      seconds   `json:"outage_s"`
		Interrupted bool      `json:"interrupted"`
		Trusted     bool      `json:"trusted"`
		Runs        []Figures `json:"runs"`
		Verdict     []string  `json:"verdict"`
	}{
		r.Store, r.Seed, r.Workspaces, r.Leaders, r.Deaths, r.Speed, seconds(r.Duration),
		r.Monitors, r.KillMonitor, seconds(r.Outage), r.Interrupted, r.Trusted(), append([]Figures{}, r.Runs...), r.Verdict(),
	})
}

// WriteTable writes the report for a reader with 80 columns.
func (r *Report) WriteTable(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s send a heartbeat every %s; %d are busy leaders, %d die.\n",
		count(r.Workspaces, "workspace"), seconds(heartbeat), r.Leaders, r.Deaths)
	fmt.Fprintf(&b, "%s of fleet time, %d times faster; seed %d; store %s\n", minutes(r.Duration), r.Speed, r.Seed, r.Store)
	fmt.Fprintln(&b, r.faults())
	if len(r.Runs) > 0 {
		r.writeRows(&b)
	}
	fmt.Fprintln(&b)
	for _, line := range r.Verdict() {
		fmt.Fprintln(&b, wrapped(line))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (r *Report) writeRows(b *bytes.Buffer) {
	row := func(label string, cell func(Figures) any) {
		fmt.Fprintf(b, "%-36s", label)
		for _, f := range r.Runs {
			fmt.Fprintf(b, "%11v", cell(f))
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintln(b)
	row("", func(f Figures) any { upper, _ := f.column().heads(); return upper })
	row("", func(f Figures) any { _, lower := f.column().heads(); return lower })
	row("heartbeats sent", func(f Figures) any { return f.Heartbeats })
	row("stalls of leaders, 60 to 120 s each", func(f Figures) any { return f.Stalls })
	row("deaths injected", func(f Figures) any { return f.Injected })
	row("deaths reported", func(f Figures) any { return f.Reported })
	row("  how long after the death, median", func(f Figures) any { return tenths(f, f.AfterDeath.Median) })
	row("  how long after the death, worst", func(f Figures) any { return tenths(f, f.AfterDeath.Worst) })
	row("  how late (1), median", func(f Figures) any { return tenths(f, f.PastDeadline.Median) })
	row("  how late (1), worst", func(f Figures) any { return tenths(f, f.PastDeadline.Worst) })
	row("deaths missed", func(f Figures) any { return f.Missed })
	row("reports of the same silence again", func(f Figures) any { return f.Again })
	row("healthy workspaces reported dead", func(f Figures) any { return f.HealthyReported })
	row("restarts of a living workspace (2)", func(f Figures) any { return f.Restarts })
	row("graces, at the start and later", func(f Figures) any { return f.Graces })
	row("holds (3)", func(f Figures) any { return f.Holds })
	if r.KillMonitor {
		row("monitors killed", func(f Figures) any { return f.Killed })
	}
	if r.Outage > 0 {
		row("heartbeats refused in the outage", func(f Figures) any { return f.Refused })
	}
	row("workspaces left out (4)", func(f Figures) any { return f.LeftOut })
	row("longest time without a sweep", func(f Figures) any { return fmt.Sprintf("%.1f s", f.Longest.seconds()) })
	fmt.Fprint(b, `
All times are fleet time. A workspace that a monitor reports is restarted, and
registers again. "announced": a leader that is about to stall says so with its
heartbeat. "Probe": the monitor asks a second witness before it reports.
(1) after the deadline, which is the TTL after the last heartbeat was sent
(2) each report of a workspace that was alive
(3) too many were silent at once: nothing was reported for a while
(4) the simulation itself was more than 10 s late with one of its heartbeats
`)
}

// faults says what watches the fleet and which faults there are.
func (r *Report) faults() string {
	said := count(r.Monitors, "monitor")
	if r.KillMonitor {
		said += "; one is killed while it holds a report"
	}
	if r.Outage > 0 {
		said += "; no store for " + minutes(r.Outage)
	}
	return said
}

// tenths formats a time of the deaths that were reported, if there were any.
func tenths(f Figures, s seconds) string {
	if f.Reported == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f s", s.seconds())
}

func minutes(d time.Duration) string { return fmt.Sprintf("%.4g min", d.Minutes()) }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// wrapped breaks a line that is longer than 80 columns.
func wrapped(line string) string {
	const most = 80
	if utf8.RuneCountInString(line) <= most {
		return line
	}
	i := strings.LastIndex(line[:most], " ")
	return line[:i] + "\n  " + line[i+1:]
}
