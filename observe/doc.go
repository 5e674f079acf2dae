// Package observe tells OpenTelemetry what a store and a monitor do: metrics and
// traces. It is a module of its own, so that users of the library do not pay for it.
//
//	s, err = observe.Store(s, observe.Options{})      // each call of a caller
//	o, err := observe.Monitor(observe.Options{})
//	m, err := monitor.New(s, monitor.Config{Observe: o.Event})
//	stop, err := o.Watch(m)                           // the Status, at each collection
//	err = m.Run(ctx, o.Handler(restart))              // a span for each attempt
//
// The file docs/metrics.md of the repository lists the metrics, docs/grafana.json is
// a dashboard and docs/prometheus.rules.yml are alerts. No metric has an id among its
// attributes, and each attribute has few values.
//
// # The calls of a store that are observed
//
// The store that Store returns has an Unwrap, and the capabilities that the wrapped
// store has, no others. A capability that callers use (Lister, Batcher, Registrar,
// Granter, Expirer, Pinger) would be found through Unwrap as well, but then its calls
// would be missing in the metrics: Lookup and Register are the calls that a platform
// makes most often. For each that the wrapped store has there is one more layer
// that observes it. The interfaces of package driver (Reaper, Sampler, Reconciler,
// Discoverer, Restorer) are found through Unwrap and are not observed call by call: Monitor
// reports the same from its events and its Status.
//
// A call is observed under the name of the method, as the store sees it. Heartbeat is
// a RefreshTTL and, if that finds the workspace offline, a SetOnline. A capability
// that the wrapped store does not have falls back to single calls, and these are
// observed.
//
// An offline workspace and a URL that is not cached are answers, not errors: the
// outcome is not_found. An error is of one of these kinds, in error.type:
// unavailable, full, invalid, closed, locked, corrupt, canceled, deadline_exceeded,
// unsupported, _OTHER.
//
// # Where to start
//
//	options.go       Options
//	store.go         Store
//	capabilities.go  a layer for each capability
//	operation.go     a call: its span, duration, outcome
//	sample.go        how many workspaces are silent
//	monitor.go       Monitor: events and handlers
//	status.go        Watch: the Status
package observe
