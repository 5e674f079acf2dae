package pictures_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/internal/pictures"
	"github.com/molecule-ai/liveness/monitor"
)

// results are the figures of many cells. Parallel tests keep them.
type results struct {
	mu    sync.Mutex
	cells map[cell]seedsOf
}

// cell is one entry of a table.
type cell struct {
	picture, column string
	size            int
}

func (r *results) keep(picture, column string, size int, runs seedsOf) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cells == nil {
		r.cells = make(map[cell]seedsOf)
	}
	r.cells[cell{picture, column, size}] = runs
}

// runs returns how many there were.
func (r *results) runs() (n int) {
	for _, runs := range r.cells {
		n += len(runs)
	}
	return n
}

// contender is a rule that is compared with others.
type contender struct {
	name string
	by   func(*testing.T, *pictures.Fleet) watcher
}

func contenders() []contender {
	return []contender{
		{"this module", monitors(monitor.Config{})},
		{"Eureka", by(func() rule { return &eureka{} })},
		{"Kubernetes", by(func() rule { return &kubernetes{} })},
		{"no guard", by(func() rule { return none{} })},
	}
}

// compared runs every picture with every contender, in a fleet of compareSize.
func compared(t *testing.T) *results {
	var all results
	t.Run("compared", func(t *testing.T) {
		for _, r := range rows() {
			for _, c := range contenders() {
				t.Run(r.picture+" by "+c.name, func(t *testing.T) {
					t.Parallel()
					all.keep(r.picture, c.name, compareSize, repeated(t, r, change{}, compareSize, c.by))
				})
			}
		}
	})
	return &all
}

const compareSize = 200

// TestRulesOfOthers shows that the comparison compares something: each rule
// shows the behaviour that it is known for.
func TestRulesOfOthers(t *testing.T) {
	eureka, kubernetes, none := contenders()[1], contenders()[2], contenders()[3]
	for _, c := range []struct {
		says    string
		rule    contender
		picture string
		holds   func(pictures.Figures) bool
	}{
		{"without a guard a gateway that is down for 4 min restarts the whole fleet", none, "gateway-4m",
			func(f pictures.Figures) bool { return f.False == compareSize }},
		{"without a guard a death is reported within two seconds", none, "one-dies",
			func(f pictures.Figures) bool { return f.Missed == 0 && f.Worst <= 2*time.Second }},
		{"Eureka restarts no healthy workspace while a gateway is down", eureka, "gateway-30m",
			func(f pictures.Figures) bool { return f.Reports == 0 }},
		{"Eureka evicts one that dies within its minute", eureka, "one-dies",
			func(f pictures.Figures) bool { return f.Missed == 0 && f.False == 0 && f.Worst <= 62*time.Second }},
		{"Eureka never evicts when 40 % die", eureka, "40-percent-die",
			func(f pictures.Figures) bool { return f.Missed == f.Deaths }},
		{"Kubernetes evicts 40 % little by little", kubernetes, "40-percent-die",
			func(f pictures.Figures) bool { return f.Missed == 0 && f.Worst > 12*time.Minute }},
		{"Kubernetes never evicts when everything dies", kubernetes, "all-die",
			func(f pictures.Figures) bool { return f.Missed == f.Deaths }},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			p, _ := pictures.Named(c.picture)
			f := watched(t, pictures.Run{Picture: p, Size: compareSize, Seed: 1}, c.rule.by)
			assert.True(t, c.holds(f), "%+v", f)
		})
	}
}

// TestAGuardThatIsOff shows that the goals need the guard.
func TestAGuardThatIsOff(t *testing.T) {
	off := monitors(monitor.Config{Hold: monitor.Hold{Share: 1}})
	for _, name := range []string{"gateway-4m", "gateway-10m", "node-cut-off"} {
		t.Run("without holds the goal is missed when "+name, func(t *testing.T) {
			t.Parallel()
			for _, r := range rows() {
				if r.picture == name {
					goal, _, _ := r.goal(change{}, compareSize)
					assert.Greater(t, repeated(t, r, change{}, compareSize, off).falsely(r.chance), goal)
				}
			}
		})
	}
}

// minutes writes a lateness as minutes and seconds.
func minutes(d time.Duration) string {
	if d == math.MaxInt64 {
		return "never"
	}
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
