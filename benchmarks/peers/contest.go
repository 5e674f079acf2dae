package peers

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
)

// side is one that takes part in a contest.
type side struct {
	do      call
	prepare func() // before each run; may be nil, as finish
	finish  func()
}

// rival is a peer. Of several settings the fastest of each round counts.
type rival struct {
	name     string
	settings []side
	goal     goals.Goal // ≤ bounds our time, ≥ our throughput, both as multiples of the rival's
	p99      goals.Goal // bounds our p99 as a multiple of the rival's
}

// against is a rival with one setting.
func against(name string, do call, goal goals.Goal) rival {
	return rival{name: name, settings: []side{{do: do}}, goal: goal}
}

// contest is ours against the rivals under the same load, in turns.
type contest struct {
	backend, op string
	load
	ours   side
	rivals []rival
}

// hold measures so many rounds and prints a line for each rival.
func (b *bench) hold(c contest) {
	ours := make([]pace, b.rounds)
	theirs := make([][]pace, len(c.rivals))
	for round := range ours {
		ours[round] = c.run(b, c.ours)
		for i, r := range c.rivals {
			theirs[i] = append(theirs[i], c.fastest(b, r))
		}
	}
	for i, r := range c.rivals {
		result := goals.Result{Backend: c.backend, Op: c.op, Load: c.load.String(), Unit: "× " + r.name, Goal: r.goal}
		b.compare(result, each(ours), each(theirs[i]), nanoseconds)
		if r.p99 != (goals.Goal{}) {
			result.Unit, result.Goal = "× the p99 of "+r.name, r.p99
			b.compare(result, p99(ours), p99(theirs[i]), nanoseconds)
		}
	}
}

func (c contest) run(b *bench, s side) pace {
	if s.prepare != nil {
		s.prepare()
	}
	p := c.load.run(b, s.do)
	if s.finish != nil {
		s.finish()
	}
	return p
}

func (c contest) fastest(b *bench, r rival) pace {
	var paces []pace
	for _, s := range r.settings {
		paces = append(paces, c.run(b, s))
	}
	return slices.MinFunc(paces, func(p, q pace) int { return cmp.Compare(p.each, q.each) })
}

// compare prints the ratios of ours to theirs, which were measured in turns and
// are better the less they are: the inverse of the ratio where the goal is to
// be so many times as good.
func (b *bench) compare(r goals.Result, ours, theirs []float64, show func(float64) string) {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / theirs[i]
		if r.Goal.Sense == "≥" {
			ratios[i] = 1 / ratios[i]
		}
	}
	r = r.Summary(ratios)
	r.Note = fmt.Sprintf("%s against %s", show(goals.Median(ours)), show(goals.Median(theirs)))
	b.print(r)
}

func each(paces []pace) (figures []float64) {
	for _, p := range paces {
		figures = append(figures, p.each)
	}
	return figures
}

func p99(paces []pace) (figures []float64) {
	for _, p := range paces {
		figures = append(figures, p.p99)
	}
	return figures
}

// nanoseconds is the duration with three digits.
func nanoseconds(n float64) string {
	digit := math.Pow(10, math.Floor(math.Log10(n))-2)
	return time.Duration(n).Round(time.Duration(max(1, digit))).String()
}

func bytes(n float64) string { return goals.Short(n) + " B" }
