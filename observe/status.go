package observe

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store/driver"
)

// status has the instruments that are observed at each collection.
type status struct {
	state    metric.Float64ObservableGauge
	lag      metric.Float64ObservableGauge
	shards   metric.Float64ObservableGauge
	behind   metric.Float64ObservableGauge
	online   metric.Float64ObservableGauge
	pending  metric.Float64ObservableGauge
	oldest   metric.Float64ObservableGauge
	handlers metric.Float64ObservableGauge
	silences metric.Int64ObservableCounter
	dropped  metric.Int64ObservableCounter
	lost     metric.Int64ObservableCounter
}

func newStatus(t *telemetry) status {
	return status{
		state:    t.gauge("liveness.monitor.state", "{monitor}", "1 for the state in which the monitor is, 0 for the others."),
		lag:      t.gauge("liveness.monitor.lag", "s", "How long ago the store was last swept, of several shards the longest."),
		shards:   t.gauge("liveness.monitor.shards.failing", "{shard}", "Shards of the store that do not answer this monitor."),
		behind:   t.gauge("liveness.monitor.search.behind", "{monitor}", "1 if the search for workspaces that others registered takes too long."),
		online:   t.gauge("liveness.workspace.online", "{workspace}", "Workspaces that are online, in the whole store."),
		pending:  t.gauge("liveness.death.pending", "{death}", "Deaths in each phase, in the whole store."),
		oldest:   t.gauge("liveness.death.ready.age", "s", "For how long a death has been ready, the longest in the whole store; 0 if none is."),
		handlers: t.gauge("liveness.handler.active", "{handler}", "Handlers of this monitor: they run, or were left behind."),
		silences: t.counter("liveness.silences", "{silence}", "Silences, from one heartbeat to the next, that used up at least that share of their TTL, as this monitor has observed."),
		dropped:  t.counter("liveness.death.dropped", "{death}", "Deaths that were dropped because no handler took them in time, in the whole store."),
		lost:     t.counter("liveness.monitor.events.lost", "{event}", "Events that this package or the Logger was too slow for."),
	}
}

// states are all states of a monitor.
func states() []monitor.State {
	return []monitor.State{
		monitor.StateNormal, monitor.StateRecovery, monitor.StateHold, monitor.StatePaused,
		monitor.StateGrace, monitor.StateStarting, monitor.StateBlind,
	}
}

// Watch reports the Status of the monitor at each collection until stop is called. The error
// is that of the MeterProvider.
func (o *Observer) Watch(m *monitor.Monitor) (stop func() error, err error) {
	s := o.status
	r, err := o.meter.RegisterCallback(func(_ context.Context, to metric.Observer) error {
		o.observe(to, m.Status())
		return nil
	}, s.state, s.lag, s.shards, s.behind, s.online, s.pending, s.oldest, s.handlers, s.silences, s.dropped, s.lost)
	if err != nil {
		return nil, err
	}
	return r.Unregister, nil
}

// observe leaves out the counts that no sweep has made yet.
func (o *Observer) observe(to metric.Observer, st monitor.Status) {
	s, common := o.status, o.with()
	for _, each := range states() {
		to.ObserveFloat64(s.state, one(st.State == each), o.with(state.String(string(each))))
	}
	to.ObserveFloat64(s.shards, float64(len(st.Shards)), common)
	to.ObserveFloat64(s.behind, one(st.SearchBehind), common)
	to.ObserveFloat64(s.handlers, float64(st.Running), o.with(handlerState.String("running")))
	to.ObserveFloat64(s.handlers, float64(st.Stuck), o.with(handlerState.String("stuck")))
	to.ObserveInt64(s.lost, st.Totals.Unobserved, common)
	for _, used := range st.Used {
		to.ObserveInt64(s.silences, used.Silences, o.with(ttlShare.String(strconv.FormatFloat(used.Share, 'g', -1, 64))))
	}
	if st.LastSweep.IsZero() {
		return
	}
	to.ObserveFloat64(s.lag, st.Lag.Seconds(), common)
	to.ObserveFloat64(s.online, float64(st.Online), common)
	to.ObserveFloat64(s.pending, float64(st.Ready), o.with(phase.String(string(driver.Ready))))
	to.ObserveFloat64(s.pending, float64(st.Leased), o.with(phase.String(string(driver.Leased))))
	to.ObserveFloat64(s.pending, float64(st.Delayed), o.with(phase.String(string(driver.Delayed))))
	to.ObserveFloat64(s.oldest, age(st.OldestReady), common)
	to.ObserveInt64(s.dropped, st.Dropped, common)
}

// age is by the clock of this machine, while the store has set the time.
func age(since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, time.Since(since).Seconds())
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
