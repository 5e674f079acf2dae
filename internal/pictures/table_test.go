package pictures_test

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/pictures"
	"github.com/molecule-ai/liveness/internal/race"
	"github.com/molecule-ai/liveness/monitor"
)

// row is a picture with what must be reached in it, by the size of the fleet.
// A fleet whose size is missing has no goal.
type row struct {
	picture string
	falsely map[int]int           // healthy workspaces restarted, at most
	late    map[int]time.Duration // the worst death reported after its TTL, at most

	// chance tells that heartbeats are lost by chance: then the goal is for
	// the median of the seeds, and else for the worst.
	chance bool
}

const large = 10_000

func rows() []row {
	none := map[int]int{2: 0, 10: 0, 200: 0, large: 0}
	return []row{
		{picture: "gateway-4m", falsely: none},
		{picture: "gateway-10m", falsely: none},
		{picture: "gateway-30m", falsely: map[int]int{2: 2, 10: 2, 200: 60, large: 100}},
		{picture: "half-lost", falsely: map[int]int{2: 2, 10: 3, 200: 10, large: 20}, chance: true},
		{picture: "70-percent-lost", falsely: map[int]int{2: 4, 10: 6, 200: 20, large: 50}, chance: true},
		{picture: "node-cut-off", falsely: map[int]int{2: 0, 10: 1, 200: 0, large: 0}},
		{picture: "every-100s", falsely: none},
		{picture: "one-dies", falsely: none, late: each(50*time.Millisecond, 2, 10, 200, large)},
		{picture: "three-die", falsely: none, late: each(40*time.Second, 10)},
		{picture: "10-percent-die", falsely: none, late: each(time.Minute, 200, large)},
		{picture: "40-percent-die", falsely: none, late: map[int]time.Duration{200: 5 * time.Minute, large: 8 * time.Minute}},
		{picture: "all-die", falsely: none, late: map[int]time.Duration{2: 18 * time.Minute, 10: 18 * time.Minute, 200: 18 * time.Minute, large: 24 * time.Minute}},
	}
}

func each(d time.Duration, sizes ...int) map[int]time.Duration {
	goals := map[int]time.Duration{}
	for _, size := range sizes {
		goals[size] = d
	}
	return goals
}

// change is a difference from the picture alone.
type change struct {
	name    string
	replace time.Duration
	probe   bool
}

func changes() []change {
	return []change{
		{name: ""},
		{name: "all monitors replaced every 2 min", replace: 2 * time.Minute},
		{name: "with a Probe", probe: true},
	}
}

// goal returns what must be reached by a fleet, if there is a goal. The worst
// lateness is negative where nothing dies.
func (r row) goal(c change, size int) (falsely int, late time.Duration, ok bool) {
	late, dies := r.late[size]
	falsely, healthy := r.falsely[size]
	switch {
	case r.late == nil:
		late = -1
		if c.probe {
			falsely = 0
		}
		return falsely, late, healthy
	case c.probe && size == large:
		late = time.Minute
	case c.probe:
		late = 5 * time.Second
	}
	return falsely, late, dies
}

// seeds returns how often a picture is run.
func (r row) seeds(size int) int {
	switch {
	case race.Enabled:
		return 1
	case size == large:
		return 1
	case full() && r.chance:
		return 7
	case full():
		return 5
	case r.chance:
		return 3
	}
	return 1
}

// full reports whether time does not matter.
func full() bool { return os.Getenv("LIVENESS_FULL") != "" }

func sizes() []int {
	if race.Enabled {
		return []int{10} // the goals are those of a run without it
	}
	if full() {
		return []int{2, 10, 200, large}
	}
	return []int{2, 10, 200}
}

// TestPictures asserts the goals, but for those that are missed.
func TestPictures(t *testing.T) {
	var ours results
	t.Run("the monitor", func(t *testing.T) {
		for _, size := range sizes() {
			for _, r := range rows() {
				for _, c := range changes() {
					falsely, late, ok := r.goal(c, size)
					if !ok {
						continue
					}
					t.Run(sentence(r, c, size, falsely, late), func(t *testing.T) {
						t.Parallel()
						runs := repeated(t, r, c, size, monitors(monitor.Config{}))
						ours.keep(r.picture, c.name, size, runs)
						assert.LessOrEqual(t, runs.falsely(r.chance), falsely, "healthy workspaces restarted: %v", runs)
						for _, f := range runs {
							assert.Zero(t, f.Missed, "deaths that were not reported of %d", f.Deaths)
							assert.Zero(t, f.Twice, "workspaces with two handlers at once")
							if late >= 0 {
								assert.LessOrEqual(t, f.Worst, late, "after its TTL")
							}
						}
					})
				}
			}
		}
	})
	board.Row(t, "pictures: heartbeats that do not arrive", board.Figures{Operations: ours.runs(), FloorOperations: 2 * len(rows()) * len(changes())})
	if full() {
		write(t, &ours, compared(t))
	}
}

// sentence says what must be.
func sentence(r row, c change, size, falsely int, late time.Duration) string {
	p, _ := pictures.Named(r.picture)
	text := fmt.Sprintf("of %d workspaces, when %s", size, p.About)
	if c.name != "" {
		text += ", " + c.name
	}
	text += fmt.Sprintf(", at most %d healthy ones are restarted", falsely)
	if late >= 0 {
		text += fmt.Sprintf(" and the dead within %v after their TTL", late)
	}
	return text
}

// seedsOf are the figures of the runs of one cell, one for each seed.
type seedsOf []pictures.Figures

func repeated(t *testing.T, r row, c change, size int, by func(*testing.T, *pictures.Fleet) watcher) (runs seedsOf) {
	p, ok := pictures.Named(r.picture)
	if !ok {
		t.Fatalf("there is no picture %q", r.picture)
	}
	for seed := range r.seeds(size) {
		runs = append(runs, watched(t, pictures.Run{
			Picture: p, Size: size, Seed: uint64(seed) + 1, Replace: c.replace, Probe: c.probe,
		}, by))
	}
	return runs
}

// falsely returns the false restarts of the median run, or of the worst.
func (s seedsOf) falsely(median bool) int {
	sorted := slices.SortedFunc(slices.Values(s), func(a, b pictures.Figures) int { return cmp.Compare(a.False, b.False) })
	if median {
		return sorted[len(sorted)/2].False
	}
	return sorted[len(sorted)-1].False
}

// late returns how late the worst death of all runs was reported: math.MaxInt64
// if one was not, and false if nothing died.
func (s seedsOf) late() (worst time.Duration, died bool) {
	worst = math.MinInt64
	for _, f := range s {
		died = died || f.Deaths > 0
		if worst = max(worst, f.Worst); f.Missed > 0 {
			worst = math.MaxInt64
		}
	}
	return worst, died
}

func (s seedsOf) String() string {
	var all []int
	for _, f := range s {
		all = append(all, f.False)
	}
	return fmt.Sprint(all)
}
