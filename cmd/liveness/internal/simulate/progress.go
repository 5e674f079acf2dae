package simulate

import (
	"fmt"
	"io"
	"time"
)

// progress is the line that tells how far a run is.
type progress struct {
	out   io.Writer
	ttl   time.Duration
	until time.Duration
	shown time.Time
}

func newProgress(c Config, ttl time.Duration) *progress {
	if c.Progress == nil {
		return &progress{out: io.Discard}
	}
	return &progress{out: c.Progress, ttl: ttl, until: c.Duration}
}

// show writes the line, at most five times in a real second.
func (p *progress) show(r *run) {
	if p.out == io.Discard || time.Since(p.shown) < time.Second/5 {
		return
	}
	p.shown = time.Now()
	restarts, reported := 0, 0
	for _, w := range r.fleet {
		st := w.soFar()
		restarts += st.restarts
		if st.reported {
			reported++
		}
	}
	fmt.Fprintf(p.out, "\r\033[KTTL %s: %s of %s, %s, %s reported",
		seconds(p.ttl), minutes(r.pace.now().Round(time.Minute)), minutes(p.until), count(restarts, "false alarm"), count(reported, "death"))
}

func (p *progress) clear() {
	if p.out != io.Discard {
		fmt.Fprint(p.out, "\r\033[K")
	}
}
