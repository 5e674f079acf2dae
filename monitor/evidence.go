package monitor

import (
	"math"
	"time"
)

// confidence is that of the lower bound of a share, in standard deviations: 95 %.
const confidence = 1.96

// evidence is what speaks against the path of the heartbeats.
type evidence struct {
	part   float64 // of the fleet that is silent or dead
	silent int     // part as a number of workspaces
	strong bool    // surely more than Hold.Share of the fleet: heartbeats do not arrive
}

// evidence returns the evidence of the last look. The silent are sampled, and the
// deaths that were never handed out are counted. Both are of the moment of that look,
// or a workspace that died since would count twice.
func (g *guard) evidence() evidence {
	f := g.atLook
	watched, silent, vanished := g.panel.silent()
	if watched == 0 {
		f = g.m.fleet()
	}
	size, died := float64(f.online+f.fresh), float64(f.fresh)
	if size == 0 {
		return evidence{}
	}
	twice := min(vanished, float64(g.diedInLook)*watched/size)
	watched, silent, vanished = watched-twice, silent-twice, vanished-twice
	part, sample := died/size, size
	noneOnline := f.online == 0
	if watched > 0 {
		part = (died + float64(f.online)*silent/watched) / size
		sample = min(size, watched+died)
		noneOnline = noneOnline || vanished == watched
	}
	if noneOnline {
		part = 1
	}
	k := part * sample
	strong := k >= 2 && lowerBound(k, sample) > g.m.config.Hold.Share || noneOnline && f.fresh >= 2
	return evidence{part, int(math.Round(part * size)), strong && !g.off()}
}

// recentEvidence reports whether there was evidence and no calm since, so that the
// deaths are likely to come of it. That is so if no monitor watched, or if most of the
// fleet was silent and few of those died. A sample that told of a smaller part may have
// been wrong.
func (g *guard) recentEvidence(s shared, f fleet) bool {
	most := float64(s.Silent) >= mostOfTheFleet*float64(f.online+f.fresh)
	return !g.off() && s.Alarm && (!g.watched() || most && 4*f.fresh < s.Silent)
}

// calm is how long a panel that is watched must show no evidence until each workspace
// may be expected to have been heard from.
func (g *guard) calm() time.Duration { return g.m.traits.Heartbeat() * 6 / 5 }

// off reports whether deaths are handed out whatever the evidence.
func (g *guard) off() bool { return g.m.config.Hold.Share == 1 }

// lowerBound is the lower end of the Wilson score interval of k of n.
func lowerBound(k, n float64) float64 {
	const z = confidence
	if n == 0 {
		return 0
	}
	p := k / n
	return (p + z*z/(2*n) - z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))) / (1 + z*z/n)
}
