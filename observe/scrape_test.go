package observe_test

import (
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
)

func TestPrometheusIsToldWhatWasDone(t *testing.T) {
	s := story(t)

	t.Run("each call is counted by its method and outcome", func(t *testing.T) {
		counted := map[string]uint64{}
		for _, m := range s.series(t, "liveness_store_operation_duration_seconds") {
			name := label(m, "db_operation_name") + " " + label(m, "liveness_outcome")
			if kind := label(m, "error_type"); kind != "" {
				assert.Equal(t, "error", label(m, "liveness_outcome"))
				name = label(m, "db_operation_name") + " " + kind
			}
			counted[name] += m.GetHistogram().GetSampleCount()
		}
		assert.Equal(t, s.done, counted)
	})

	t.Run("the body of a loop is not the time of the store", func(t *testing.T) {
		for _, m := range s.series(t, "liveness_store_operation_duration_seconds") {
			if label(m, "db_operation_name") == "Online" {
				assert.Zero(t, m.GetHistogram().GetSampleSum(), "in fake time the store takes none")
			}
		}
	})

	t.Run("one silence was near the TTL, and the others are a sixth of it", func(t *testing.T) {
		all := s.value(t, "liveness_silences_total", "liveness_ttl_share", "0")
		assert.Greater(t, all, float64(workspaces), "each is heard from")
		assert.LessOrEqual(t, all, float64(s.done["RefreshTTL ok"]+s.done["RefreshMany ok"]))
		for share, n := range map[string]float64{"0.25": 1, "0.75": 1, "0.9": 0} {
			assert.Equal(t, n, s.value(t, "liveness_silences_total", "liveness_ttl_share", share), share)
		}
	})

	t.Run("the fleet is as it is at the end", func(t *testing.T) {
		const online = workspaces - 1 + 1 // one has died, one came later
		assert.EqualValues(t, online, s.value(t, "liveness_workspace_online", "", ""))
		assert.InDelta(t, 1.0/online, s.value(t, "liveness_workspace_silent_ratio", "", ""), 1e-9)
	})

	t.Run("one death was handled at the second attempt", func(t *testing.T) {
		for kind, n := range map[string]float64{
			"detected": 1, "handed_out": 2, "failed": 1, "handled": 1, "grace_began": 1, "grace_ended": 1,
		} {
			assert.Equal(t, n, s.value(t, "liveness_monitor_events_total", "liveness_event", kind), kind)
		}
		late := s.one(t, "liveness_death_lateness_seconds").GetHistogram()
		assert.EqualValues(t, 1, late.GetSampleCount(), "the first attempt alone says how late a death is")
		assert.Less(t, late.GetSampleSum(), 0.05)
		attempts := s.one(t, "liveness_death_attempts").GetHistogram()
		assert.Equal(t, 1.0+2, attempts.GetSampleSum())
		for _, m := range s.series(t, "liveness_handler_duration_seconds") {
			assert.EqualValues(t, 1, m.GetHistogram().GetSampleCount())
			assert.Equal(t, (2 * time.Second).Seconds(), m.GetHistogram().GetSampleSum())
		}
		for _, phase := range []string{"ready", "leased", "delayed"} {
			assert.Zero(t, s.value(t, "liveness_death_pending", "liveness_phase", phase))
		}
	})

	t.Run("the monitor is in one state", func(t *testing.T) {
		sum := 0.0
		for _, m := range s.series(t, "liveness_monitor_state") {
			sum += m.GetGauge().GetValue()
		}
		assert.Equal(t, 1.0, sum)
		assert.Equal(t, 1.0, s.value(t, "liveness_monitor_state", "liveness_state", string(monitor.StateNormal)))
		assert.LessOrEqual(t, s.value(t, "liveness_monitor_lag_seconds", "", ""), 2.0)
	})
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// series returns the series of one name.
func (s seen) series(t *testing.T, name string) []*dto.Metric {
	t.Helper()
	require.Contains(t, s.families, name)
	return s.families[name].GetMetric()
}

// one returns the only series of a name.
func (s seen) one(t *testing.T, name string) *dto.Metric {
	t.Helper()
	all := s.series(t, name)
	require.Len(t, all, 1)
	return all[0]
}

// value returns the value of the only series of a name that has the label.
func (s seen) value(t *testing.T, name, key, value string) float64 {
	t.Helper()
	for _, m := range s.series(t, name) {
		if key == "" || label(m, key) == value {
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	t.Fatalf("no %s with %s = %q", name, key, value)
	return 0
}
