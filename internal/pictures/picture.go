package pictures

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// The lifetimes in every picture.
const (
	TTL       = store.DefaultLivenessTTL
	Heartbeat = 30 * time.Second

	// Boot is how long a restarted workspace is silent.
	Boot = 20 * time.Second

	// Tolerance is by how much the fleet itself may be late with a heartbeat.
	// It never is under fake time.
	Tolerance = 10 * time.Second

	// Quiet is how long nothing happens before a picture strikes: the first
	// grace, and ten heartbeats from which the monitors learn.
	Quiet = TTL + 10*Heartbeat
)

// Picture is one situation. It strikes when a fleet has been quiet for a while.
type Picture struct {
	Name  string        // such as gateway-4m
	About string        // a phrase, such as "the gateway is down for 4 min"
	Lasts time.Duration // from the strike to the end of the run

	// Every is the time between two heartbeats of a workspace.
	Every time.Duration

	// Dying returns how many workspaces of a fleet really die at the strike.
	// It is nil where all are healthy.
	Dying func(size int) int

	// loses reports whether a heartbeat is lost that is sent so long after the
	// strike by the i-th workspace of a fleet.
	loses func(since time.Duration, i, size int, r *rand.Rand) bool
}

// All returns the pictures, the ones in which all workspaces are healthy first.
func All() []Picture {
	const after = 10 * time.Minute // enough to see a restart that comes late
	return []Picture{
		down(4 * time.Minute),
		down(10 * time.Minute),
		down(30 * time.Minute),
		lossy("half-lost", "half of the heartbeats are lost for 1 h", 0.5),
		lossy("70-percent-lost", "70 % of the heartbeats are lost for 1 h", 0.7),
		{
			Name: "node-cut-off", About: "a node with 40 % of the workspaces is cut off for 4 min",
			Every: Heartbeat, Lasts: 4*time.Minute + after,
			loses: func(since time.Duration, i, size int, _ *rand.Rand) bool {
				return since < 4*time.Minute && i < size*4/10
			},
		},
		{
			Name: "every-100s", About: "a heartbeat comes every 100 s",
			Every: 100 * time.Second, Lasts: 30 * time.Minute,
		},
		dying("one-dies", "one really dies", after, func(int) int { return 1 }),
		dying("three-die", "three really die at once", after, func(size int) int { return min(3, size) }),
		dying("10-percent-die", "10 % really die at once", after, func(size int) int { return size / 10 }),
		dying("40-percent-die", "40 % really die at once", 20*time.Minute, func(size int) int { return size * 4 / 10 }),
		dying("all-die", "everything really dies", 40*time.Minute, func(size int) int { return size }),
	}
}

// Named returns the picture of that name.
func Named(name string) (Picture, bool) {
	all := All()
	i := slices.IndexFunc(all, func(p Picture) bool { return p.Name == name })
	if i < 0 {
		return Picture{}, false
	}
	return all[i], true
}

func down(d time.Duration) Picture {
	return Picture{
		Name:  fmt.Sprintf("gateway-%.0fm", d.Minutes()),
		About: fmt.Sprintf("the gateway is down for %.0f min", d.Minutes()),
		Every: Heartbeat, Lasts: d + 10*time.Minute,
		loses: func(since time.Duration, _, _ int, _ *rand.Rand) bool { return since < d },
	}
}

func lossy(name, about string, part float64) Picture {
	return Picture{
		Name: name, About: about, Every: Heartbeat, Lasts: time.Hour + TTL,
		loses: func(since time.Duration, _, _ int, r *rand.Rand) bool {
			return since < time.Hour && r.Float64() < part
		},
	}
}

func dying(name, about string, lasts time.Duration, how func(size int) int) Picture {
	return Picture{Name: name, About: about, Every: Heartbeat, Lasts: TTL + lasts, Dying: how}
}

// Names lists the pictures, one a line, each with its phrase.
func Names() string {
	var text strings.Builder
	for _, p := range All() {
		fmt.Fprintf(&text, "  %-16s %s\n", p.Name, p.About)
	}
	return text.String()
}
