package simulate

import (
	"time"

	"github.com/molecule-ai/liveness/store"
)

// column is one way to run the fleet. All columns have the same stalls and
// deaths.
type column struct {
	ttl       time.Duration
	announced bool // a leader says how long it may be silent, before it stalls
	probe     bool // monitors ask a second witness before they report
}

// columns are compared, one run each.
func columns() []column {
	const short, long = 60 * time.Second, 180 * time.Second
	return []column{
		{ttl: short},
		{ttl: long},
		{ttl: short, announced: true},
		{ttl: short, probe: true},
	}
}

// name tells the column from the others.
func (c column) name() string {
	name := "TTL " + seconds(c.ttl).String()
	switch {
	case c.announced:
		name += " with stalls announced"
	case c.probe:
		name += " with Probe"
	}
	return name
}

// heads returns the two lines above the column.
func (c column) heads() (upper, lower string) {
	upper = "TTL " + seconds(c.ttl).String()
	switch {
	case c.announced:
		lower = "announced"
	case c.probe:
		lower = "Probe"
	}
	return upper, lower
}

// ttls returns the TTLs of the store in real time. A store that is told of the
// heartbeats refuses a TTL of two of them, so it is not told.
func (c column) ttls(speed int) store.TTLs {
	ttls := store.TTLs{Liveness: c.ttl / time.Duration(speed)}
	if c.ttl >= 3*heartbeat {
		ttls.Heartbeat = heartbeat / time.Duration(speed)
	}
	return ttls
}
