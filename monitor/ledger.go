package monitor

import (
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// keepEvery is how many heartbeats pass between two writings of the silences. If the
// monitor that leads is killed, the silences of that time are lost.
const keepEvery = 20

// ledger is the silences that a monitor has observed since a time and not yet written
// into the shared state. A monitor that finds there that another one has written of that
// time empties its own ledger: no silence counts twice, however many monitors watch. The
// lock is that of the panel.
type ledger struct {
	since   time.Time // zero: this monitor does not lead
	broken  time.Time // when a look was so late that heartbeats may have been missed
	pending Silences
	used    []Used // since the monitor was made
}

// emptyHistogram returns a histogram with nothing in it.
func emptyHistogram() (h []Used) {
	for _, percent := range []float64{0, 25, 50, 75, 90, 100} {
		h = append(h, Used{Share: percent / 100})
	}
	return h
}

// Used is how many silences used up at least that share of their TTL.
type Used struct {
	Share    float64 `json:"share"`
	Silences int64   `json:"silences"`
}

// look records that the panel is looked at now, and that the look before was at
// before. Watched is false if heartbeats may have been missed in between.
func (l *ledger) look(m *Monitor, before, now time.Time, watched bool) {
	switch {
	case !m.leads() || now.IsZero():
		l.since = time.Time{}
		return
	case l.since.IsZero() || l.since.After(now): // the clock of the store was put back
		l.begin(now)
	}
	if l.broken.After(now) {
		l.broken = now
	}
	if !watched {
		l.broken = now
		return
	}
	l.pending.day(now, m.traits.Liveness()).watch(now.Sub(before), float64(m.fleet().online))
}

// begin begins anew with nothing.
func (l *ledger) begin(now time.Time) {
	l.since, l.pending = now, Silences{Bounds: bounds()}
}

// sight records a sighting of a member.
func (l *ledger) sight(m *Monitor, x *member, id string, seen driver.Sighting, now time.Time, blur time.Duration) {
	ended, at, ok := x.silence.sight(seen.State, seen.Remaining, now, blur, m.ttlOf(id))
	if !ok || l.since.IsZero() || at.Before(l.since) || ended.began.Before(l.broken) {
		return
	}
	d := l.pending.day(at, m.traits.Liveness())
	if m.agreed().Evidence.After(ended.began) {
		d.Held++
		return
	}
	n := Near{ID: id, Silence: at.Sub(ended.began), TTL: ended.ttl, At: at}
	for i := range l.used {
		if n.Used() >= l.used[i].Share {
			l.used[i].Silences++
		}
	}
	if l.pending.near(n); !ended.announced {
		l.pending.count(d, n.Silence)
	}
}

// died records that a member's death was handed out.
func (l *ledger) died(m *Monitor, x *member, now time.Time) {
	if s := x.silence; !l.since.IsZero() && !s.began.IsZero() && !s.began.Before(l.broken) {
		l.pending.day(now, m.traits.Liveness()).Died++
	}
}

// withdraw records whether the next move of a workspace's deadline comes from a Withdraw,
// and so is no heartbeat.
func (p *panel) withdraw(id string, moves bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.members[id]; x != nil {
		x.silence.withdrawn = moves
	}
}

// writeSilences writes the silences into the shared state if it is time to. It returns
// the time from which the ledger starts empty once the state is written, or zero if it goes
// on. If another monitor wrote, that time is a moment later, so that no silence counts for
// both.
func (p *panel) writeSilences(s *shared, m *Monitor, now time.Time) (from time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &p.ledger
	switch {
	case l.since.IsZero() || now.Sub(l.since) < keepEvery*m.traits.Heartbeat():
		return from
	case s.Kept.After(l.since) && !s.Kept.After(now): // by another monitor
		return now.Add(1)
	}
	all := parseSilences(s.Silences)
	if all.add(l.pending, now); s.Silences != "" || len(l.pending.Closest) > 0 {
		s.Silences, s.Kept = all.text(), now
	}
	return now
}

// restartLedger begins the ledger anew: the shared state is written.
func (p *panel) restartLedger(from time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ledger.begin(from)
}

// addTo adds the silences that are not kept yet.
func (l *ledger) addTo(s *Silences, kept, now time.Time) {
	if !l.since.IsZero() && !kept.After(l.since) {
		s.add(l.pending, now)
	}
}
