package simulate

import (
	"fmt"
	"io"
	"time"
)

// progress tells how far a run is.
type progress struct {
	out      io.Writer
	terminal bool
	name     string // of the run
	until    time.Duration
	shown    time.Time
}

func newProgress(c Config, name string) *progress {
	return &progress{out: c.Progress, terminal: c.Terminal, name: name, until: c.Duration, shown: time.Now()}
}

// show tells how far a run is and what happened in it: five times in a real
// second on a terminal, and else every three seconds.
func (p *progress) show(now time.Duration, what func() string) {
	every, before, after := 3*time.Second, "", "\n"
	if p.terminal {
		every, before, after = time.Second/5, "\r\033[K", ""
	}
	if p.out == nil || time.Since(p.shown) < every {
		return
	}
	p.shown = time.Now()
	fmt.Fprintf(p.out, "%s%s: %s of %s, %s%s", before, p.name, minutes(now.Round(time.Minute)), minutes(p.until), what(), after)
}

func (p *progress) clear() {
	if p.out != nil && p.terminal {
		fmt.Fprint(p.out, "\r\033[K")
	}
}
