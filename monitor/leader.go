package monitor

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// leadership decides which monitor leads, so that eight monitors cost about as much
// as one. The leader sweeps every shard and writes into the shared state, once
// per Interval, that it does, with the counts of its sweeps. The others follow:
// they read that about once per Interval, and one of them leads when the leader
// has not written in the meantime. A follower sweeps too while deaths wait for a
// place or a shard does not answer the leader.
//
// Leading decides the cost alone: any number of monitors may sweep and claim.
// Where the data is in this process every monitor leads.
type leadership struct {
	mu    sync.Mutex
	leads bool
	began time.Time // to lead
	turn  int64     // that of the leader, as last read
	since time.Time // when it was first read, by the clock of this machine
	err   error     // why it could not be read
}

func (m *Monitor) leads() bool {
	m.leadership.mu.Lock()
	defer m.leadership.mu.Unlock()
	return m.leadership.leads
}

func (m *Monitor) lead(is bool) {
	m.leadership.mu.Lock()
	news := m.leadership.leads != is
	m.leadership.leads = is
	if is && news {
		m.leadership.began = time.Now()
	}
	m.leadership.mu.Unlock()
	if is && news {
		m.sweepAll()
	}
}

// knows reports whether the monitor knows the store by its own sweeps: it leads, and each
// shard was swept since then, or has failed, or was not in time.
func (m *Monitor) knows() bool {
	m.leadership.mu.Lock()
	leads, began := m.leadership.leads, m.leadership.began
	m.leadership.mu.Unlock()
	awaited := func(s *shard) bool { return s.awaited(began) }
	return leads && (time.Since(began) > m.patience() || !slices.ContainsFunc(m.shards, awaited))
}

// leadOrFollow leads or follows until ctx has ended. It returns store.ErrClosed if the
// store was closed.
func (m *Monitor) leadOrFollow(ctx context.Context, handlers *pool) error {
	if m.traits.Local {
		m.lead(true)
		return nil
	}
	for ctx.Err() == nil {
		wait := m.config.Interval
		if m.leads() {
			m.renewLead(ctx, handlers)
		} else {
			if err := m.follow(ctx, handlers); errors.Is(err, store.ErrClosed) {
				return err
			}
			if wait = wait*7/5 + rand.N(wait/5+1); m.leads() {
				wait = m.config.Interval / 4 // when the first sweeps are done
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	m.resign()
	return nil
}

// renewLead writes that this monitor leads, unless another one does.
func (m *Monitor) renewLead(ctx context.Context, handlers *pool) {
	f, now := m.fleet(), m.now()
	leads := true
	_ = m.change(ctx, func(s *shared) bool {
		if leads = s.Leader == m.name; !leads {
			return false
		}
		s.Turn++
		s.report = reportOf(f, now, !handlers.hasPlace())
		return true
	})
	m.lead(leads)
}

// follow reads the note of the leader, and leads if it is time to. It returns why
// the note could not be read.
func (m *Monitor) follow(ctx context.Context, handlers *pool) error {
	err := m.refresh(ctx)
	m.followed(err)
	a, t := m.latest.seen(), &m.leadership
	t.mu.Lock()
	stalled := a.Turn == t.turn && time.Since(t.since) >= m.config.Interval
	if a.Turn != t.turn || t.since.IsZero() {
		t.turn, t.since = a.Turn, time.Now()
	}
	t.mu.Unlock()
	switch {
	case err != nil:
	case a.Leader == "" || stalled || a.Dry && !m.config.DryRun:
		m.takeOver(ctx, a)
	case a.Blind || a.Crowded && handlers.hasPlace():
		m.sweepAll()
	}
	m.noticeGrace()
	m.noticeAgreed()
	return err
}

// takeOver leads in place of the leader that was read, unless another monitor was
// faster.
func (m *Monitor) takeOver(ctx context.Context, from shared) {
	took := false
	err := m.change(ctx, func(s *shared) bool {
		took = s.Turn == from.Turn && s.Leader == from.Leader
		if took {
			s.Leader, s.Dry = m.name, m.config.DryRun
			s.Turn++
		}
		return took
	})
	m.followed(err)
	m.lead(took && err == nil)
}

// resign lets another monitor lead at once.
func (m *Monitor) resign() {
	if !m.leads() {
		return
	}
	m.lead(false)
	_ = m.change(context.Background(), func(s *shared) bool {
		leads := s.Leader == m.name
		if leads {
			s.Leader = ""
		}
		return leads
	})
}

// followed records whether a follower could read the shared state.
func (m *Monitor) followed(err error) {
	m.leadership.mu.Lock()
	news := (m.leadership.err == nil) != (err == nil)
	m.leadership.err = err
	m.leadership.mu.Unlock()
	if news {
		m.noticeOutage()
	}
}

// sweepAll has every shard swept, by a follower too.
func (m *Monitor) sweepAll() {
	for _, s := range m.shards {
		s.want()
	}
}

// report is the part of the note that the leader renews with each turn.
type report struct {
	Now      time.Time `json:"now,omitzero"`
	GraceEnd time.Time `json:"grace,omitzero"` // the latest of all shards
	Oldest   time.Time `json:"oldest,omitzero"`
	Online   int       `json:"online,omitzero"`
	Ready    int       `json:"ready,omitzero"`
	Leased   int       `json:"leased,omitzero"`
	Delayed  int       `json:"delayed,omitzero"`
	Dropped  int64     `json:"dropped,omitzero"`
	Crowded  bool      `json:"crowded,omitzero"` // deaths wait for a place
	Blind    bool      `json:"blind,omitzero"`   // some shard does not answer
}

// reportOf returns the report of these counts. Busy means that no place is free.
func reportOf(f fleet, now time.Time, busy bool) report {
	return report{
		Now: now, GraceEnd: f.graceEnd, Oldest: f.oldest, Online: f.online, Ready: f.ready,
		Leased: f.leased, Delayed: f.delayed, Dropped: f.dropped,
		Crowded: busy && f.ready > 0, Blind: f.blind,
	}
}
