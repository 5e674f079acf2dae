package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
)

// output is the text that the goals printed.
type output struct {
	machine string
	results []goals.Result // those of one backend together
}

// read finds the results among the lines. Of two about the same thing the later
// counts.
func read(text string) (o output, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if machine, ok := strings.CutPrefix(line, goals.MachinePrefix); ok {
			o.machine = machine
		} else if r, ok := goals.Parse(line); ok {
			o.add(r)
		}
	}
	if len(o.results) == 0 {
		return o, errors.New("there are no results in it")
	}
	return o, nil
}

// add puts the result in the place of the one before, or behind those of its
// backend.
func (o *output) add(r goals.Result) {
	behind := len(o.results)
	for i, other := range o.results {
		if other.SameAs(r) {
			o.results[i] = r
			return
		}
		if other.Backend == r.Backend {
			behind = i + 1
		}
	}
	o.results = slices.Insert(o.results, behind, r)
}
