package monitor

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// claimReady claims as many of the deaths that are ready in the shard as the grace,
// the guard and the free places allow. It returns when to try again.
func (s *shard) claimReady(ctx context.Context, r driver.SweepResult, handlers *pool) (again time.Duration, err error) {
	interval := s.m.config.Interval
	if s.m.config.DryRun || r.Ready == 0 || s.inGrace(r) || !handlers.hasPlace() {
		return interval, nil
	}
	s.waitForGuard(true)
	v, err := s.m.guard.judge(ctx, s)
	s.waitForGuard(false)
	if err != nil || v.paused {
		return interval, err
	}
	o := driver.ClaimOptions{Lease: s.m.config.Lease, Before: v.before}
	places, admitted := handlers.reserve(r.Ready), 0
	switch {
	case places == 0:
		return v.again, nil
	case s.m.config.Probe != nil: // it decides
		o.Before, o.Max = time.Time{}, places
	default:
		admitted, err = s.m.guard.admit(ctx, v, places)
		if err != nil {
			handlers.release(places)
			return v.again, err
		}
		if o.Max = admitted; admitted == 0 {
			o.Expired, o.Max = true, places
		}
		handlers.release(places - o.Max)
	}
	claimed, err := s.claim(ctx, handlers, o)
	if err != nil {
		claimed = admitted // as far as is known
	}
	if admitted > 0 {
		s.m.guard.settle(ctx, v, admitted, claimed)
	}
	return v.again, err
}

// claim fills the reserved places. It does not stop with ctx: a claim whose
// answer is not awaited would keep its deaths from others for a lease.
func (s *shard) claim(ctx context.Context, handlers *pool, o driver.ClaimOptions) (int, error) {
	ctx, cancel := s.m.config.limit(context.WithoutCancel(ctx))
	defer cancel()
	claimed := time.Now()
	deaths, err := s.m.reaper.Claim(ctx, s.n, o)
	deaths = deaths[:min(len(deaths), o.Max)]
	handlers.release(o.Max - len(deaths))
	s.update(func() {
		s.last.Ready -= len(deaths)
		s.last.Leased += len(deaths)
	})
	for _, d := range deaths {
		handlers.handle(s, d, claimed)
	}
	return len(deaths), err
}

// wakeReady wakes the shards in which deaths wait for a place.
func (m *Monitor) wakeReady() {
	for _, s := range m.shards {
		if s.state().last.Ready > 0 {
			s.want()
		}
	}
}
