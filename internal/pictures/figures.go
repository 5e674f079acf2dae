package pictures

import "time"

// Figures are the counts of one run of a picture.
type Figures struct {
	Reports int `json:"reports"` // workspaces handed out, each time counted
	False   int `json:"false"`   // reports of a healthy workspace, each a false restart

	Deaths int           `json:"deaths"` // workspaces that really died
	Missed int           `json:"missed"` // of these, not reported by the end
	Last   time.Duration `json:"last"`   // how late the last of them was reported, after its TTL
	Worst  time.Duration `json:"worst"`  // how late the worst was

	Twice   int `json:"twice"`    // reports of a workspace that a handler was busy with
	LeftOut int `json:"left_out"` // workspaces whose heartbeat the fleet itself sent later than Tolerance
}

// Figures returns the counts so far.
func (f *Fleet) Figures() Figures {
	var total Figures
	var last time.Duration
	for _, w := range f.workspaces {
		w.mu.Lock()
		total.Reports += w.reports
		total.False += w.falsely
		total.Twice += w.twice
		if w.behind > Tolerance {
			total.LeftOut++
		}
		if w.mortal {
			total.Deaths++
		}
		switch {
		case !w.mortal:
		case !w.revived:
			total.Missed++
		default:
			if w.reported > last {
				last, total.Last = w.reported, w.late
			}
			total.Worst = max(total.Worst, w.late)
		}
		w.mu.Unlock()
	}
	return total
}
