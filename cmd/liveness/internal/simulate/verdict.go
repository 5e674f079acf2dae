package simulate

import "fmt"

// Verdict puts the figures into words, a line for each finding.
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
	if !r.Trusted() {
		lines = append(lines, "The machine or the store is too slow for this; try a lower --speed.")
	}
	return lines
}

func (f Figures) alarms() string {
	if f.Restarts == 0 {
		return f.column().name() + " restarted no healthy workspace."
	}
	restarted := count(f.HealthyReported, "healthy workspace")
	switch f.LeadersReported {
	case 0:
	case f.HealthyReported:
		restarted = count(f.HealthyReported, "healthy leader")
	default:
		restarted += fmt.Sprintf(" (leaders: %d)", f.LeadersReported)
	}
	return fmt.Sprintf("%s restarted %s, %s.", f.column().name(), restarted, count(f.Restarts, "time"))
}

func (f Figures) delivery() string {
	said := fmt.Sprintf("%s reported %d of %s", f.column().name(), f.Reported, count(f.Injected, "death"))
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
	return fmt.Sprintf("Interrupted in %s after %.1f of %s. Later deaths do not count.",
		last.column().name(), last.Elapsed.minutes(), minutes(r.Duration))
}

func (f Figures) distrust() string {
	why := fmt.Sprintf("%d of %s were left out", f.LeftOut, count(f.Fleet, "workspace"))
	if f.LeftOut*100 <= f.Fleet {
		why = fmt.Sprintf("there was no sweep for %.0f s", f.Blind.seconds())
	}
	return fmt.Sprintf("%s: not to be trusted: %s.", f.column().name(), why)
}
