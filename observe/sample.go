package observe

import (
	"context"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const (
	everyDefault = 100         // heartbeats, of which one is looked at
	manyLooked   = 64          // workspaces that are looked at at once
	manyLocal    = 1_000       // the same, where the data is in this process
	lookPatience = time.Second // a heartbeat, or a collection, waits no longer for a look
)

// sampler looks at single workspaces: how near they come to the end of their TTL, and
// which part of them is silent.
type sampler struct {
	looker driver.Sampler // nil: the store cannot be looked at
	every  int
	traits driver.Traits

	used   metric.Float64Histogram
	silent metric.Float64ObservableGauge
	common metric.MeasurementOption
}

func (s *sampler) configure(t *telemetry, inner store.LivenessStore, every int) {
	reaper, reaps := store.As[driver.Reaper](inner)
	looker, looks := store.As[driver.Sampler](inner)
	if !reaps || !looks {
		return
	}
	if every == 0 {
		every = everyDefault
	}
	s.looker, s.traits, s.every, s.common = looker, reaper.Traits(), every, t.with()
	s.used = t.histogram("liveness.ttl.utilization", "1", "Which part of its usual TTL a workspace had used up when it was heard from, of a sample.",
		.1, .2, .3, .4, .5, .6, .7, .8, .9, .95)
	s.silent = t.gauge("liveness.workspace.silent", "1", "Which part of the online workspaces was not heard from for 2.5 heartbeat intervals, of a sample.")
}

// register has the silent workspaces counted at each collection.
func (s *sampler) register(t *telemetry) (unregister func() error, err error) {
	if s.looker == nil {
		return func() error { return nil }, nil
	}
	r, err := t.meter.RegisterCallback(s.collect, s.silent)
	if err != nil {
		return nil, err
	}
	return r.Unregister, nil
}

// heartbeat may look at workspaces that are heard from, before the store is told.
func (s *sampler) heartbeat(ctx context.Context, ids ...string) {
	if s.looker == nil || s.every < 0 || len(ids) == 0 || rand.IntN(s.every) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	_ = s.look(ctx, ids[:min(len(ids), manyLooked)], func(used, ttl time.Duration) { // the call that follows fails as well
		s.used.Record(ctx, max(0, used.Seconds()/ttl.Seconds()), s.common)
	})
}

// collect observes which part of the workspaces is silent. Where the store does not
// answer nothing is known, and nothing is observed.
func (s *sampler) collect(ctx context.Context, o metric.Observer) error {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	most := manyLooked
	if s.traits.Local {
		most = manyLocal
	}
	patience := s.traits.Heartbeat() * 5 / 2 // the silence of a silent workspace
	silent, seen := 0, 0
	for shard := range s.traits.Shards {
		ids, err := s.looker.Sample(ctx, shard, max(1, most/s.traits.Shards))
		if err == nil {
			err = s.look(ctx, ids, func(used, _ time.Duration) {
				seen++
				if used > patience {
					silent++
				}
			})
		}
		if err != nil {
			return nil
		}
	}
	if seen > 0 {
		o.ObserveFloat64(s.silent, float64(silent)/float64(seen), s.common)
	}
	return nil
}

// look calls each for those of the workspaces that are online, with the time since
// they were last heard from and their usual TTL.
func (s *sampler) look(ctx context.Context, ids []string, each func(used, ttl time.Duration)) error {
	sightings, err := s.looker.Look(ctx, ids)
	if err != nil {
		return err
	}
	for i, seen := range sightings {
		ttl, err := s.traits.TTLs.ForLiveness(ids[i])
		if err == nil && seen.State == driver.Online {
			each(ttl-seen.Remaining, ttl)
		}
	}
	return nil
}
