package monitor

import "time"

// clock is that of the store, as far as it is known from an answer.
type clock struct {
	at   time.Time     // by the store; zero: it is not known
	read time.Time     // when it was that, by the clock of this machine
	blur time.Duration // by how much that may be wrong
}

// set takes in the time of an answer to a call that began then. A slow answer
// tells less than the one before.
func (c *clock) set(at, began time.Time, heartbeat time.Duration) {
	took := time.Since(began)
	if c.at.IsZero() || took < heartbeat/8 {
		*c = clock{at, began.Add(took / 2), took / 2}
	}
}

func (c clock) now() time.Time {
	if c.at.IsZero() {
		return c.at
	}
	return c.at.Add(time.Since(c.read))
}
