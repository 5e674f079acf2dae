package pictures_test

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/pictures"
)

// write writes docs/pictures.md and docs/pictures.svg.
func write(t *testing.T, ours, compared *results) {
	docs := filepath.Join("..", "..", "docs")
	require.NoError(t, os.MkdirAll(docs, 0o755))
	var page bytes.Buffer
	writePage(&page, ours, compared)
	require.NoError(t, os.WriteFile(filepath.Join(docs, "pictures.md"), page.Bytes(), 0o644))
	var chart bytes.Buffer
	writeChart(&chart, compared)
	require.NoError(t, os.WriteFile(filepath.Join(docs, "pictures.svg"), chart.Bytes(), 0o644))
}

func writePage(b *bytes.Buffer, ours, compared *results) {
	fmt.Fprint(b, `# Pictures

What the monitor does when heartbeats do not arrive, and when workspaces really
die. "make pictures" runs all of it and writes this page; "make test" asserts the
goals for 2, 10 and 200 workspaces.

Two monitors with the default Config watch a store in memory under fake time. The
TTL is 180 s and a heartbeat is due every 30 s. A workspace that is handed out is
restarted: it is silent for 20 s and then sends heartbeats again, if they arrive.
A picture strikes after 8 quiet minutes.

## Healthy workspaces that are restarted

Each cell has the figure and, in brackets, the goal: at most so many. The figure is
the median of 7 seeds where heartbeats are lost by chance, and elsewhere the worst
of 5; 10,000 workspaces are run with one seed. "!" marks a goal that is missed.

`)
	writeGoals(b, ours, false)
	fmt.Fprint(b, `
## How late the last of the dead is reported, after its TTL

Each cell has the figure, in minutes and seconds or in seconds, and the goal: at
most so late. The figure is the worst of all deaths of 5 seeds, or of one seed with
10,000 workspaces. A death is late from one TTL after the last heartbeat that
arrived. No healthy workspace is restarted in these pictures, no death is missed,
and no workspace has two handlers at once.

`)
	writeGoals(b, ours, true)
	fmt.Fprint(b, `
## The price

A fleet of which everything seems dead waits 15 min, and a part of it one TTL,
before the first of them is restarted. Of a fleet whose restarts do not come back a
slow start tries 2 %, at most 8, then as many again after 2 and 6 TTLs, and 2 % per
TTL from the tenth on: it takes about three hours until all were tried. Config.Hold,
a Probe, store.Expire and Monitor.EndHold shorten that.
`)
	writeComparison(b, compared)
}

func writeComparison(b *bytes.Buffer, compared *results) {
	fmt.Fprintf(b, `
## Beside the rules of others

![False restarts and lateness by picture](pictures.svg)

The same fleets of %d workspaces, watched by the rules of others, which the tests
of internal/pictures implement in a few lines each:

- Eureka evicts once a minute, at most 15 %% of what is registered, in random order,
  and nothing while less than 85 %% of the renewals arrive that are due in a minute.
- Kubernetes, for which the fleet is one zone, evicts 0.1 a second, or 0.01 while
  more than 55 %% are not ready, or nothing while all are not ready.
- No guard: what is silent for a TTL is restarted.

`, compareSize)
	var names, rules []string
	for _, c := range contenders() {
		names = append(names, c.name)
		rules = append(rules, "---:")
	}
	fmt.Fprintf(b, "| healthy workspaces restarted when | %s |\n|---|%s|\n", strings.Join(names, " | "), strings.Join(rules, "|"))
	for _, r := range rows() {
		if r.late == nil {
			fmt.Fprintf(b, "| %s |%s\n", about(r), cells(r, func(name string) string {
				return fmt.Sprint(compared.cells[cell{r.picture, name, compareSize}].falsely(r.chance))
			}))
		}
	}
	fmt.Fprintf(b, "\n| the last of the dead, after its TTL, when | %s |\n|---|%s|\n", strings.Join(names, " | "), strings.Join(rules, "|"))
	for _, r := range rows() {
		if r.late != nil {
			fmt.Fprintf(b, "| %s |%s\n", about(r), cells(r, func(name string) string {
				late, _ := compared.cells[cell{r.picture, name, compareSize}].late()
				return minutes(max(0, late))
			}))
		}
	}
}

func cells(r row, text func(contender string) string) string {
	var line strings.Builder
	for _, c := range contenders() {
		fmt.Fprintf(&line, " %s |", text(c.name))
	}
	return line.String()
}

func about(r row) string {
	p, _ := pictures.Named(r.picture)
	return p.About
}

// writeGoals writes a table of the figures and the goals.
func writeGoals(b *bytes.Buffer, ours *results, dying bool) {
	fmt.Fprint(b, "| when |")
	for _, size := range sizes() {
		fmt.Fprintf(b, " %d |", size)
	}
	fmt.Fprint(b, "\n|---|", strings.Repeat("---:|", len(sizes())), "\n")
	for _, c := range changes() {
		for _, r := range rows() {
			if (r.late != nil) != dying {
				continue
			}
			line := about(r)
			switch {
			case c.probe && dying:
				line += ", Probe says dead"
			case c.probe:
				line += ", Probe says alive"
			case c.name != "":
				line += ", " + c.name
			}
			fmt.Fprintf(b, "| %s |", line)
			for _, size := range sizes() {
				fmt.Fprintf(b, " %s |", goalCell(r, c, size, ours.cells[cell{r.picture, c.name, size}]))
			}
			fmt.Fprintln(b)
		}
	}
}

func goalCell(r row, c change, size int, runs seedsOf) string {
	falsely, late, ok := r.goal(c, size)
	if !ok || len(runs) == 0 {
		return ""
	}
	missed := ""
	if r.late == nil {
		got := runs.falsely(r.chance)
		if got > falsely {
			missed = " !"
		}
		return fmt.Sprintf("%d (%d)%s", got, falsely, missed)
	}
	got, _ := runs.late()
	if got > late || runs.falsely(false) > falsely {
		missed = " !"
	}
	return fmt.Sprintf("%s (%s)%s", minutes(got), minutes(late), missed)
}

// ink is readable on light and on dark pages, and so are the colours.
const ink = "#768390"

func colours() []string { return []string{"#2f81f7", "#db6d28", "#9a6ee0", "#e5534b"} }

// writeChart draws both figures of every contender as bars.
func writeChart(b *bytes.Buffer, compared *results) {
	const (
		width, left, right = 860, 262, 80
		bar, gap           = 10, 12
		head               = 64
	)
	names := contenders()
	high := bar*len(names) + gap
	height := head + 2*46 + high*len(rows()) + 8
	full := float64(width - left - right)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="13" fill="%s">`+"\n",
		width, height, width, height, ink)
	fmt.Fprintf(b, "<title>False restarts and lateness by picture, %d workspaces</title>\n", compareSize)
	for i, c := range names {
		x := left + i*130
		fmt.Fprintf(b, `<rect x="%d" y="16" width="12" height="12" fill="%s"/><text x="%d" y="27">%s</text>`+"\n", x, colours()[i], x+18, c.name)
	}
	y := head
	for _, dying := range []bool{false, true} {
		title := fmt.Sprintf("Healthy workspaces restarted, in a fleet of %d (fewer is better; logarithmic)", compareSize)
		if dying {
			title = "Last of the dead reported, after its TTL (sooner is better)"
		}
		fmt.Fprintf(b, `<text x="8" y="%d" font-weight="600">%s</text>`+"\n", y+8, title)
		top := y + 24
		y = top
		for _, r := range rows() {
			if (r.late != nil) != dying {
				continue
			}
			fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-10, y+bar*len(names)/2+5, html.EscapeString(short(r.picture)))
			for i, c := range names {
				part, text := measure(compared.cells[cell{r.picture, c.name, compareSize}], r, dying)
				fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, left, y+i*bar, max(1.5, part*full), bar-2, colours()[i])
				fmt.Fprintf(b, `<text x="%.1f" y="%d" font-size="10">%s</text>`+"\n", float64(left)+max(1.5, part*full)+4, y+i*bar+8, text)
			}
			y += high
		}
		fmt.Fprintf(b, `<path d="M%d %dV%d" stroke="%s" stroke-width="1"/>`+"\n", left, top-4, y-gap+4, ink)
		y += 22
	}
	fmt.Fprintln(b, "</svg>")
}

// measure returns the length of a bar, at most 1, and its label.
func measure(runs seedsOf, r row, dying bool) (part float64, text string) {
	const most = 20 * time.Minute
	if !dying {
		n := runs.falsely(r.chance)
		return min(1, math.Log10(1+float64(n))/math.Log10(1000)), fmt.Sprint(n)
	}
	late, _ := runs.late()
	late = max(0, late)
	return min(1, float64(late)/float64(most)), minutes(late)
}

// short is a label of the chart.
func short(picture string) string {
	p, _ := pictures.Named(picture)
	return strings.NewReplacer(" of the workspaces", "", " are lost for 1 h", " are lost", "a node with ", "").Replace(p.About)
}
