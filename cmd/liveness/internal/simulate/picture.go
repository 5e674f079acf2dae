package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/internal/pictures"
	"github.com/molecule-ai/liveness/store"
)

// PictureReport is what a fleet has shown in a picture.
type PictureReport struct {
	Config
	Picture     pictures.Picture
	Elapsed     time.Duration
	Figures     pictures.Figures
	Interrupted bool
}

// RunPicture lets the workspaces of c live through the picture. It has no
// use for Leaders, Deaths, Duration and the faults of c. Otherwise it is as [Run].
func RunPicture(ctx context.Context, c Config, p pictures.Picture) (_ *PictureReport, err error) {
	r := &PictureReport{Config: c, Picture: p}
	col := column{ttl: pictures.TTL}
	s, err := c.Open(ctx, col.ttls(c.Speed))
	if err != nil {
		return r, err
	}
	f := pictures.New(pictures.Run{
		Picture: p, Size: c.Workspaces, Seed: c.Seed, Monitors: c.Monitors, Speed: c.Speed,
		Prefix: fmt.Sprintf("simulate-%s-", runName()),
	})
	defer func() {
		if tidied := tidy(ctx, s, f.IDs()); err == nil {
			err = tidied
		}
	}()
	running, end := context.WithCancel(ctx)
	defer end()
	var others sync.WaitGroup
	var failed error
	others.Go(func() {
		failed = f.Watch(running, s, c.monitor(col.ttl))
		end()
	})
	others.Go(func() { c.tell(running, f) })
	err = f.Live(running, func(ctx context.Context, id string) error {
		_, err := store.Heartbeat(ctx, s, id)
		return err
	})
	r.Elapsed, r.Figures, r.Interrupted = f.Elapsed(), f.Figures(), ctx.Err() != nil
	end()
	others.Wait()
	return r, errors.Join(err, failed)
}

// tell shows the progress until ctx is done.
func (c Config) tell(ctx context.Context, f *pictures.Fleet) {
	p := newProgress(c, f.Picture.Name)
	p.until = f.End().Round(time.Minute)
	defer p.clear()
	for tick := time.NewTicker(time.Second / 5); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		p.show(f.Elapsed(), func() string {
			now := f.Figures()
			return fmt.Sprintf("%s, %s reported", count(now.False, "false alarm"), count(now.Reports-now.False, "death"))
		})
	}
}

// Any reports whether there is something to write.
func (r *PictureReport) Any() bool { return r.Elapsed > 0 }

// Trusted reports whether the figures say something about the store: at most one
// workspace in a hundred was left out.
func (r *PictureReport) Trusted() bool { return r.Figures.LeftOut*100 <= r.Workspaces }

// WriteTable writes the report for a reader with 80 columns.
func (r *PictureReport) WriteTable(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s.\n", r.Picture.Name, r.Picture.About)
	fmt.Fprintf(&b, "%s, a heartbeat every %s, TTL %s; %s\n",
		count(r.Workspaces, "workspace"), seconds(r.Picture.Every), seconds(pictures.TTL), count(r.Monitors, "monitor"))
	fmt.Fprintf(&b, "%.0f min of fleet time, %d times faster; seed %d; store %s\n\n", r.Elapsed.Minutes(), r.Speed, r.Seed, r.Store)
	row := func(label string, cell any) { fmt.Fprintf(&b, "%-48s%14v\n", label, cell) }
	row("workspaces reported", r.Figures.Reports)
	row("healthy workspaces reported dead", r.Figures.False)
	row("workspaces that really died", r.Figures.Deaths)
	if r.Figures.Deaths > 0 {
		row("  not reported", r.Figures.Missed)
		row("  the last one reported after its TTL by", fmt.Sprintf("%.1f s", r.Figures.Last.Seconds()))
		row("  the latest one reported after its TTL by", fmt.Sprintf("%.1f s", r.Figures.Worst.Seconds()))
	}
	row("reports of a workspace that was being restarted", r.Figures.Twice)
	row("workspaces left out (1)", r.Figures.LeftOut)
	fmt.Fprintln(&b, "\n(1) the simulation itself was more than 10 s late with one of its heartbeats")
	for _, line := range r.Verdict() {
		fmt.Fprintln(&b, wrapped(line))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Verdict says what makes the figures worth less, a line for each reason.
func (r *PictureReport) Verdict() []string {
	lines := []string{}
	if r.Interrupted {
		lines = append(lines, "Interrupted before the end of the picture.")
	}
	if !r.Trusted() {
		lines = append(lines,
			fmt.Sprintf("Not to be trusted: %d of %s were left out.", r.Figures.LeftOut, count(r.Workspaces, "workspace")),
			"The machine or the store is too slow for this; try a lower --speed.")
	}
	return lines
}

// WriteJSON writes the report as one document. Durations are seconds of fleet
// time.
func (r *PictureReport) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	f := r.Figures
	return e.Encode(struct {
		Picture     string   `json:"picture"`
		Store       string   `json:"store"`
		Seed        uint64   `json:"seed"`
		Workspaces  int      `json:"workspaces"`
		Monitors    int      `json:"monitors"`
		Speed       int      `json:"speed"`
		Elapsed     seconds  `json:"elapsed_s"`
		Reports     int      `json:"reports"`
		False       int      `json:"healthy_reported"`
		Deaths      int      `json:"deaths"`
		Missed      int      `json:"deaths_missed"`
		Last        seconds  `json:"last_reported_past_ttl_s"`
		Worst       seconds  `json:"worst_reported_past_ttl_s"`
		Twice       int      `json:"reported_while_handled"`
		LeftOut     int      `json:"left_out"`
		Interrupted bool     `json:"interrupted"`
		Trusted     bool     `json:"trusted"`
		Verdict     []string `json:"verdict"`
	}{
		r.Picture.Name, r.Store, r.Seed, r.Workspaces, r.Monitors, r.Speed, seconds(r.Elapsed),
		f.Reports, f.False, f.Deaths, f.Missed, seconds(f.Last), seconds(f.Worst), f.Twice, f.LeftOut,
		r.Interrupted, r.Trusted(), r.Verdict(),
	})
}
