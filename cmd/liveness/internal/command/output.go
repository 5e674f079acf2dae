package command

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// table writes rows as they come: with --json each is an object on a line, else
// they are lined up in pages, so that any number of them needs little memory.
type table struct {
	a     *app
	tabs  *tabwriter.Writer
	head  []string // not written yet
	lines int      // of this page
}

func (a *app) table(columns ...string) *table {
	return &table{a: a, tabs: columnsTo(a.stdout), head: columns}
}

func columnsTo(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

// row writes a row: the cells for people, the value for programs.
func (t *table) row(value any, cells ...string) error {
	const page = 1000
	if t.a.json {
		return t.a.object(value)
	}
	t.header()
	t.line(cells)
	if t.lines++; t.lines%page == 0 {
		return t.tabs.Flush()
	}
	return nil
}

// end writes the rest of the table, after the last row.
func (t *table) end() error {
	if t.a.json {
		return nil
	}
	t.header()
	return t.tabs.Flush()
}

func (t *table) header() {
	if t.head != nil {
		t.line(t.head)
		t.head = nil
	}
}

func (t *table) line(cells []string) {
	printable := make([]string, len(cells))
	for i, c := range cells {
		printable[i] = plain(c)
	}
	fmt.Fprintln(t.tabs, strings.TrimRight(strings.Join(printable, "\t"), "\t"))
}

// object writes a value as JSON on one line.
func (a *app) object(value any) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false) // URLs stay as they are
	return e.Encode(value)
}

// details writes one thing: the value for programs, pairs of a name and a text for
// people. A pair whose text is empty is left out.
func (a *app) details(value any, pairs ...string) error {
	if a.json {
		return a.object(value)
	}
	tabs := columnsTo(a.stdout)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(tabs, "%s\t%s\n", pairs[i], plain(pairs[i+1]))
		}
	}
	return tabs.Flush()
}

// done tells what a command has done: the value for programs, a sentence for people.
func (a *app) done(value any, format string, args ...any) error {
	if a.json {
		return a.object(value)
	}
	_, err := fmt.Fprintln(a.stdout, plain(fmt.Sprintf(format, args...)))
	return err
}

// plain returns a text as it may be written on a terminal: what could steer the
// terminal, or break a table, is quoted.
func plain(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// span returns a duration as people read it.
func span(d time.Duration) string {
	switch size := d.Abs(); {
	case size >= 10*time.Second:
		return d.Round(time.Second).String()
	case size >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// ago returns how long before now a time is, as people read it; "" for no time.
func ago(t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.After(now):
		return "in " + span(t.Sub(now))
	}
	return span(now.Sub(t)) + " ago"
}

// at returns a time as people read it, "" for none.
func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s (%s)", t.UTC().Format(time.RFC3339), ago(t, time.Now()))
}

// only returns the text if it applies, and "" otherwise.
func only(applies bool, format string, args ...any) string {
	if !applies {
		return ""
	}
	return fmt.Sprintf(format, args...)
}
