package observe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/observe"
	"github.com/molecule-ai/liveness/store"
)

// seen is what was exported at the end of a story.
type seen struct {
	metrics  []metricdata.Metrics         // by OpenTelemetry
	families map[string]*dto.MetricFamily // by Prometheus, over HTTP
	done     map[string]uint64            // calls that were made, by method and outcome
}

const (
	workspaces = 10               // that register
	beats      = 19               // of most
	beat       = 30 * time.Second // between two
)

// story plays nine and a half minutes of a store and its monitor: ten workspaces
// register, one dies and is handled at the second attempt, one comes near its TTL, one
// falls silent.
func story(t *testing.T) (s seen) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { s = play(t) })
	return s
}

func play(t *testing.T) seen {
	ctx, cancel := context.WithCancel(t.Context())
	registry, reader := prometheus.NewRegistry(), metric.NewManualReader()
	exported, err := exporter.New(exporter.WithRegisterer(registry))
	require.NoError(t, err)
	options := observe.Options{MeterProvider: metric.NewMeterProvider(metric.WithReader(exported), metric.WithReader(reader))}

	inner, err := memstore.New(memstore.Options{})
	require.NoError(t, err)
	s, err := observe.Store(inner, options)
	require.NoError(t, err)
	defer s.Close()
	o, err := observe.Monitor(options)
	require.NoError(t, err)
	m, err := monitor.New(s, monitor.Config{Observe: o.Event})
	require.NoError(t, err)
	stop, err := o.Watch(m)
	require.NoError(t, err)
	defer stop()

	ended := make(chan error)
	go func() {
		ended <- m.Run(ctx, o.Handler(func(_ context.Context, d monitor.Death) error {
			time.Sleep(2 * time.Second)
			if d.Attempt == 1 {
				return errors.New("it does not start")
			}
			return nil
		}))
	}()
	done := calls(t, s)
	cancel()
	require.NoError(t, <-ended)

	result := seen{families: scrape(t, registry), done: done}
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	require.Len(t, all.ScopeMetrics, 1)
	result.metrics = all.ScopeMetrics[0].Metrics
	return result
}

// calls makes the calls of the story and counts them.
func calls(t *testing.T, s store.LivenessStore) map[string]uint64 {
	ctx, done := t.Context(), map[string]uint64{}
	ids := make([]string, workspaces)
	for i := range ids {
		ids[i] = fmt.Sprintf("secret-%d", i)
		require.NoError(t, store.Register(ctx, s, ids[i], "http://a:1", ""))
		done["Register ok"]++
	}
	for n := range beats {
		time.Sleep(beat)
		for _, id := range ids[2:] {
			if id == ids[2] && n >= 9 && n < 13 { // it is busy for 150 s
				continue
			}
			_, err := store.Heartbeat(ctx, s, id)
			require.NoError(t, err)
			done["RefreshTTL ok"]++
		}
		if n < beats-4 { // it is silent at the end
			_, err := store.RefreshMany(ctx, s, ids[1:2])
			require.NoError(t, err)
			done["RefreshMany ok"]++
		}
	}
	registered, err := store.Heartbeat(ctx, s, "secret-late")
	require.NoError(t, err)
	require.True(t, registered)
	done["RefreshTTL not_found"]++
	done["SetOnline ok"]++
	time.Sleep(2 * time.Second) // a sweep counts it

	online, err := s.IsOnline(ctx, ids[0])
	require.NoError(t, err)
	require.False(t, online, "it has died")
	done["IsOnline not_found"]++
	_, err = store.Lookup(ctx, s, ids[0])
	require.ErrorIs(t, err, store.ErrNotFound)
	done["Lookup not_found"]++
	_, err = store.Lookup(ctx, s, ids[1])
	require.NoError(t, err)
	done["Lookup ok"]++
	require.ErrorIs(t, s.SetOnline(ctx, "an id"), store.ErrInvalid)
	done["SetOnline invalid"]++
	gone, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, s.Clear(gone, ids[0]), context.Canceled)
	done["Clear canceled"]++
	for range store.Online(ctx, s) {
		time.Sleep(time.Millisecond)
	}
	done["Online ok"]++
	return done
}

// scrape asks the exporter as a Prometheus does. While the server runs no time passes
// in a bubble.
func scrape(t *testing.T, registry *prometheus.Registry) map[string]*dto.MetricFamily {
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(server.URL)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret", "an id is among the labels")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	require.NoError(t, err)
	return families
}
