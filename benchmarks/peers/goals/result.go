// Package goals is the lines in which measured goals are printed.
package goals

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
)

// Goal bounds a measurement. The zero value bounds nothing.
type Goal struct {
	Sense string // ≤ or ≥; "" if there is no bound
	Bound float64
}

// AtMost is the goal of a figure that is better the less it is.
func AtMost(bound float64) Goal { return Goal{"≤", bound} }

// AtLeast is the goal of a figure that is better the more it is.
func AtLeast(bound float64) Goal { return Goal{"≥", bound} }

// Result is one line of the output.
type Result struct {
	Backend, Op string  // by which the test is called that prints it
	Load        string  // such as "64 callers, n=10000"
	Value       float64 // the median of the rounds
	Unit        string  // such as "× map + RWMutex"
	Low, High   float64 // of the rounds
	Goal        Goal
	Note        string
}

// Summary returns the result with the values of the rounds, as exactly as they
// are printed.
func (r Result) Summary(values []float64) Result {
	r.Value, r.Low, r.High = rounded(Median(values)), rounded(slices.Min(values)), rounded(slices.Max(values))
	return r
}

// Median returns the value that half of the others are not above.
func Median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// SameAs reports whether both are about the same thing.
func (r Result) SameAs(other Result) bool {
	return r.Backend == other.Backend && r.Op == other.Op && r.Load == other.Load && r.Unit == other.Unit
}

// Met reports whether the goal is met, also where there is none.
func (r Result) Met() bool {
	return r.Goal.Sense == "" ||
		r.Goal.Sense == "≤" && r.Value <= r.Goal.Bound ||
		r.Goal.Sense == "≥" && r.Value >= r.Goal.Bound
}

// Verdict is "met", "missed" and by how much, or "" where there is no goal.
func (r Result) Verdict() string {
	switch {
	case r.Goal.Sense == "":
		return ""
	case r.Met():
		return "met"
	case r.Goal.Bound == 0:
		return "missed"
	}
	off, decimals := 100*math.Abs(r.Value/r.Goal.Bound-1), 0
	if off < 1 {
		decimals = 1
	}
	return fmt.Sprintf("missed by %.*f %%", decimals, off)
}

func (g Goal) String() string {
	if g.Sense == "" {
		return ""
	}
	return g.Sense + " " + strconv.FormatFloat(g.Bound, 'f', -1, 64)
}

func (r Result) String() string {
	line := fmt.Sprintf("%s %s, %s: %s %s (%s … %s)", r.Backend, r.Op, r.Load, Short(r.Value), r.Unit, Short(r.Low), Short(r.High))
	if r.Goal.Sense != "" {
		line += fmt.Sprintf(", goal %v: %s", r.Goal, r.Verdict())
	}
	if r.Note != "" {
		line += "; " + r.Note
	}
	return line
}

// Parse returns the result that was printed as the line.
func Parse(line string) (Result, bool) {
	const format = `^(\w+) (\w+), (.+): ([\d.]+) (.+) \(([\d.]+) … ([\d.]+)\)(?:, goal ([≤≥]) ([\d.]+): [^;]+)?(?:; (.*))?$`
	m := regexp.MustCompile(format).FindStringSubmatch(line)
	if m == nil {
		return Result{}, false
	}
	return Result{
		Backend: m[1], Op: m[2], Load: m[3],
		Value: number(m[4]), Unit: m[5], Low: number(m[6]), High: number(m[7]),
		Goal: Goal{m[8], number(m[9])}, Note: m[10],
	}, true
}

// Short is the number with three digits, or all that are before the point.
func Short(f float64) string {
	decimals := 0
	if f > 0 {
		decimals = max(0, 2-int(math.Floor(math.Log10(f))))
	}
	return strconv.FormatFloat(f, 'f', decimals, 64)
}

func rounded(f float64) float64 { return number(Short(f)) }

// number is 0 for a text that is no number.
func number(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}
