package main

import (
	"fmt"
	"io"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
)

const intro = `# Results

The stores of this module, through their interface with all its checks, beside what a
user would write or pick in their place, at the same durability. Both take turns in
one process. A ratio is the median of the rounds, with the lowest and the highest. A
goal with ≤ is an upper bound on cost (time, bytes, flushes); one with ≥ is a lower bound
on throughput.

Measured on: %s.

%d of %d goals are met.

A row is measured and printed again, in benchmarks/peers, by its name:

    LIVENESS_ROUNDS=5 go test -timeout 1h -run Goals/memory/refresh

and all of them, with this page, by ` + "`make bench-full bench-report`" + `.

## Lateness of deaths

![How late deaths are learnt, by the size of the fleet](lateness.svg)
`

const header = `
## %s

| row | load | result | lowest … highest | goal | | ours against theirs |
|---|---|---|---|---|---|---|
`

// page writes RESULTS.md.
func (o output) page(w io.Writer) {
	met, judged := 0, 0
	for _, r := range o.results {
		if r.Goal != (goals.Goal{}) {
			judged++
			if r.Met() {
				met++
			}
		}
	}
	fmt.Fprintf(w, intro, o.machine, met, judged)
	backend := ""
	for _, r := range o.results {
		if r.Backend != backend {
			backend = r.Backend
			fmt.Fprintf(w, header, backend)
		}
		fmt.Fprintf(w, "| `%s/%s` | %s | %s %s | %s … %s | %s | %s | %s |\n", r.Backend, r.Op, r.Load,
			goals.Short(r.Value), r.Unit, goals.Short(r.Low), goals.Short(r.High), r.Goal, r.Verdict(), r.Note)
	}
}
