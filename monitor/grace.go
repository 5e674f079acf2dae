package monitor

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// inGrace reports whether nothing is reported yet: the grace goes on until, if
// there is an owner to ask, what was found is settled with what is expected.
func (m *Monitor) inGrace(sweep seen) bool {
	return sweep.Now.Before(sweep.GraceEnd) || m.asks() && sweep.agreed.Settled.Before(sweep.GraceEnd)
}

func (m *Monitor) asks() bool { return m.config.Expected != nil && !m.config.DryRun }

// reconcile begins what the grace still lacks of Expected: to adopt, at its
// beginning, what is expected and not known; to disown, at its end, what is
// known and not expected. Sweeps go on meanwhile.
func (s *shard) reconcile(ctx context.Context, sweep seen) {
	switch {
	case !s.m.asks():
	case sweep.agreed.Adopted.Before(sweep.GraceEnd):
		s.ask(ctx, sweep, s.adopt)
	case !sweep.Now.Before(sweep.agreed.Adopted):
		s.ask(ctx, sweep, s.disown)
	}
}

// ask asks the owner what to expect and has the answer applied. After a
// failure the next question waits for a second.
func (s *shard) ask(ctx context.Context, asked seen, apply func(context.Context, seen, []string) error) {
	if !s.reconciling.CompareAndSwap(false, true) {
		return
	}
	s.background.Go(func() {
		defer s.sweepSoon()
		defer s.reconciling.Store(false)
		ids, err := s.m.expected(ctx)
		if err == nil {
			err = apply(ctx, asked, ids)
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		s.m.config.Logger.Error("liveness: the grace goes on: what to expect is not known", "shard", s.n, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	})
}

// expected returns the ids that the owner names, without those that no
// workspace can have. It does not wait for an owner that ignores ctx.
func (m *Monitor) expected(ctx context.Context) ([]string, error) {
	var named []string
	answer := safely("Expected", func() (err error) {
		named, err = m.config.Expected(ctx)
		return err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case err := <-answer:
		if err != nil {
			return nil, err
		}
	}
	var ids []string
	for _, id := range named {
		if err := store.CheckID(id); err != nil {
			m.config.Logger.Error("liveness: Expected names what no workspace can be called", "error", err)
			continue
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// adopt has the store take in what it does not know. If that comes too late
// for the grace, its end is put off until those could be heard from.
func (s *shard) adopt(ctx context.Context, _ seen, ids []string) error {
	last := s.lastSeen()
	due := last.GraceEnd
	if !last.Now.Before(due) {
		due = last.Now.Add(last.TTL)
	}
	if err := s.m.reaper.Adopt(ctx, s.n, ids); err != nil {
		return err
	}
	return s.remember(ctx, func(n *note) { n.Adopted = due })
}

// disown has the store forget what died before the owner was asked and is not
// expected.
func (s *shard) disown(ctx context.Context, asked seen, ids []string) error {
	expected := make(map[string]bool, len(ids))
	for _, id := range ids {
		expected[id] = true
	}
	var unexpected []string
	for d, err := range s.m.reaper.Deaths(ctx, s.n) {
		if err != nil {
			return err
		}
		if !expected[d.ID] && (d.Adopted || !d.Deadline.After(asked.Now)) {
			unexpected = append(unexpected, d.ID)
		}
	}
	if err := s.m.reaper.Disown(ctx, unexpected); err != nil {
		return err
	}
	return s.remember(ctx, func(n *note) { n.Settled = asked.GraceEnd })
}

// logGrace tells of the beginning or the end of a grace.
func (s *shard) logGrace(now seen, begins bool) {
	log := s.m.config.Logger.With("shard", s.n)
	if begins {
		log.Warn("liveness: grace: nobody watched or data was lost; nothing is reported until the living could be heard from",
			"for", now.GraceEnd.Sub(now.Now))
	} else {
		log.Info("liveness: the grace is over", "waiting", now.Waiting)
	}
}
