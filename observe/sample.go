package observe

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const (
	manyLooked   = 64          // workspaces that are looked at in one collection
	manyLocal    = 1_000       // the same, where the data is in this process
	lookPatience = time.Second // a collection waits no longer for the store
)

// sampler looks at single workspaces, at each collection, to see which part of them
// is silent.
type sampler struct {
	looker driver.Sampler // nil: the store cannot be looked at
	traits driver.Traits
	silent metric.Float64ObservableGauge
	common metric.MeasurementOption
}

func (s *sampler) configure(t *telemetry, inner store.LivenessStore) {
	reaper, reaps := store.As[driver.Reaper](inner)
	looker, looks := store.As[driver.Sampler](inner)
	if !reaps || !looks {
		return
	}
	s.looker, s.traits, s.common = looker, reaper.Traits(), t.with()
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

// collect observes nothing where the store does not answer.
func (s *sampler) collect(ctx context.Context, o metric.Observer) error {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	most := manyLooked
	if s.traits.Local {
		most = manyLocal
	}
	silent, online := 0, 0
	for shard := range s.traits.Shards {
		quiet, seen, err := s.look(ctx, shard, max(1, most/s.traits.Shards))
		if err != nil {
			return nil
		}
		silent, online = silent+quiet, online+seen
	}
	if online > 0 {
		o.ObserveFloat64(s.silent, float64(silent)/float64(online), s.common)
	}
	return nil
}

// look looks at up to n workspaces of a shard.
func (s *sampler) look(ctx context.Context, shard, n int) (silent, online int, err error) {
	ids, err := s.looker.Sample(ctx, shard, n)
	if err != nil {
		return 0, 0, err
	}
	sightings, err := s.looker.Look(ctx, ids)
	if err != nil {
		return 0, 0, err
	}
	silentAfter := s.traits.Heartbeat() * 5 / 2
	for i, seen := range sightings {
		ttl, err := s.traits.TTLs.ForLiveness(ids[i])
		if err != nil || seen.State != driver.Online {
			continue
		}
		online++
		if ttl-seen.Remaining > silentAfter {
			silent++
		}
	}
	return silent, online, nil
}
