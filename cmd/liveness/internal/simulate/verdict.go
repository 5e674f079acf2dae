package simulate

import "fmt"

// Verdict says what the figures mean, a line for each finding.
func (r *Report) Verdict() []string {
	lines := []string{}
	for _, f := range r.Runs {
		lines = append(lines, f.alarms(), f.delivery())
	}
	if r.Interrupted {
		lines = append(lines, r.interruption())
	}
	for _, f := range r.Runs {
		if !f.Trusted() {
			lines = append(lines, f.distrust())
		}
	}
	return lines
}

func (f Figures) alarms() string {
	if f.Restarts == 0 {
		return fmt.Sprintf("TTL %s restarted no healthy workspace.", f.TTL)
	}
	who := count(f.HealthyReported, "healthy workspace")
	switch f.LeadersReported {
	case 0:
	case f.HealthyReported:
		who = count(f.HealthyReported, "healthy leader")
	default:
		who += fmt.Sprintf(" (leaders: %d)", f.LeadersReported)
	}
	return fmt.Sprintf("TTL %s restarted %s, %s.", f.TTL, who, count(f.Restarts, "time"))
}

func (f Figures) delivery() string {
	said := fmt.Sprintf("TTL %s reported %d of %s", f.TTL, f.Reported, count(f.Injected, "death"))
	if f.Missed > 0 {
		said += fmt.Sprintf(", missed %d", f.Missed)
	}
	if f.Again > 0 {
		said += fmt.Sprintf(", and reported %d again", f.Again)
	}
	return said + "."
}

func (r *Report) interruption() string {
	if len(r.Runs) == 0 {
		return "Interrupted before anything was seen."
	}
	last := r.Runs[len(r.Runs)-1]
	return fmt.Sprintf("Interrupted with TTL %s after %.1f of %s. Later deaths do not count.",
		last.TTL, last.Elapsed.minutes(), minutes(r.Duration))
}

func (f Figures) distrust() string {
	why := fmt.Sprintf("%d of %s were left out", f.LeftOut, count(f.Fleet, "workspace"))
	if f.LeftOut*100 <= f.Fleet {
		why = fmt.Sprintf("nobody swept for %.0f s", f.Blind.seconds())
	}
	return fmt.Sprintf("TTL %s: not to be trusted: %s.\nThe machine or the store is too slow for this; try a lower --speed.", f.TTL, why)
}
