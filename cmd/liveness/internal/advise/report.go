package advise

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/molecule-ai/liveness/monitor"
)

// WriteTable writes the advice for people.
func (a Advice) WriteTable(w io.Writer) error {
	if len(a.Rows) == 0 {
		_, err := fmt.Fprintln(w, a.Text)
		return err
	}
	all := observe(a.Silences, func(monitor.Day) bool { return true })
	tabs := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tabs, "Observed: %v in which %.1f workspaces were online, %.0f %% of their silences.\n\n",
		all.watched.Round(time.Minute), all.online, 100*all.part())
	fmt.Fprintf(tabs, "TTL\tLIVING RESTARTED A DAY\tAT MOST\tA DEATH IS NOTICED AFTER\n")
	cut := false
	for _, r := range a.Rows {
		ttl, living := r.TTL.String(), rate(r.Living)
		if r.TTL == a.TTL {
			ttl += ", now"
		}
		if r.Cut {
			cut, living = true, living+" or more"
		}
		fmt.Fprintf(tabs, "%s\t%s\t%s\t%v\n", ttl, living, rate(r.AtMost), r.After)
	}
	fmt.Fprintf(tabs, "\nCLOSEST TO BEING DECLARED DEAD\tSILENCE\tOF ITS TTL\tENDED\n")
	for _, n := range a.Silences.Closest {
		if n.Used() < 0.25 {
			break
		}
		fmt.Fprintf(tabs, "%s\t%v\t%.0f %% of %v\t%s\n", plain(n.ID), n.Silence.Round(100*time.Millisecond), 100*n.Used(), n.TTL, n.At.UTC().Format("2006-01-02 15:04"))
	}
	fmt.Fprintf(tabs, "\nDAY (UTC)\tWATCHED\tONLINE\tLONGEST SILENCE\tDIED\tLEFT OUT\n")
	for _, d := range a.Silences.Days {
		fmt.Fprintf(tabs, "%s\t%v\t%.1f\t%v\t%d\t%d\n", plain(d.Date), d.Watched.Round(time.Minute), d.Online, d.Longest.Round(100*time.Millisecond), d.Died, d.Held)
	}
	if err := tabs.Flush(); err != nil {
		return err
	}
	notes := []string{"At most: with a confidence of 95 %. A hold would spare some of them."}
	if cut {
		notes = append(notes, "Or more: longer silences ended as deaths; at most, all of these were alive.")
	}
	if all.held > 0 {
		notes = append(notes, "Left out: silences while many workspaces were silent at once. A hold protects these.")
	}
	_, err := fmt.Fprintf(w, "\n%s\n\n%s\n", strings.Join(notes, "\n"), a.Text)
	return err
}

// rate returns a number of restarts a day as people read it.
func rate(perDay float64) string {
	switch {
	case perDay == 0:
		return "0"
	case perDay < 0.01:
		return "below 0.01"
	case perDay < 1:
		return strconv.FormatFloat(perDay, 'f', 2, 64)
	case perDay < 100:
		return strconv.FormatFloat(perDay, 'f', 1, 64)
	}
	return strconv.FormatFloat(perDay, 'f', 0, 64)
}

// plain returns a text that cannot steer a terminal.
func plain(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
