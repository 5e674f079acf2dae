// Report turns the output of the goals into a page of tables and a chart.
//
//	go run ./report GOALS DIR
//
// reads the file GOALS and writes RESULTS.md and lateness.svg into DIR. Of two
// lines about the same thing the later counts.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: report GOALS DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(goals, dir string) error {
	text, err := os.ReadFile(goals)
	if err != nil {
		return err
	}
	o, err := read(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", goals, err)
	}
	var page bytes.Buffer
	o.page(&page)
	if err := os.WriteFile(filepath.Join(dir, "RESULTS.md"), page.Bytes(), 0o644); err != nil {
		return err
	}
	return o.chart(filepath.Join(dir, "lateness.svg"))
}
