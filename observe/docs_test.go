package observe_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

const (
	page      = "../docs/metrics.md"
	dashboard = "../docs/grafana.json"
	rules     = "../docs/prometheus.rules.yml"
)

func TestThePageListsEachMetricAsItIsExported(t *testing.T) {
	s, text := story(t), read(t, page)
	var rows []string
	for _, m := range s.metrics {
		kind, sets := kindOf(t, m)
		rows = append(rows, fmt.Sprintf("| `%s` | `%s` | %s | `%s` | %s | %s |",
			m.Name, s.exportedAs(t, m), kind, m.Unit, strings.Join(keys(sets), " "), m.Description))
	}
	slices.Sort(rows)
	listed := regexp.MustCompile("(?m)^\\| `liveness[^`]*` \\| `liveness_[^`]*` \\| (?:histogram|gauge|counter) \\|.*$").FindAllString(text, -1)
	assert.Equal(t, rows, listed, "the table of %s, want:\n%s", page, strings.Join(rows, "\n"))
}

func TestThePageListsEachAttributeWithItsValues(t *testing.T) {
	s, text := story(t), read(t, page)
	values := map[attribute.Key]map[string]bool{}
	for _, m := range s.metrics {
		_, sets := kindOf(t, m)
		for _, set := range sets {
			for _, a := range set.ToSlice() {
				if values[a.Key] == nil {
					values[a.Key] = map[string]bool{}
				}
				values[a.Key][a.Value.AsString()] = true
			}
		}
	}
	require.Len(t, values, 8)
	for key, seen := range values {
		row := regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(string(key)) + "` \\| `" + strings.ReplaceAll(string(key), ".", "_") + "` \\| (.*) \\|$").FindStringSubmatch(text)
		require.Len(t, row, 2, "no row for %s", key)
		for value := range seen {
			assert.Contains(t, row[1], "`"+value+"`", "%s", key)
		}
	}
}

// Panels and alerts would show nothing, silently, if a name were wrong.
func TestTheDashboardAndTheRulesUseMetricsThatAreExported(t *testing.T) {
	s := story(t)
	var board any
	require.NoError(t, json.Unmarshal([]byte(read(t, dashboard)), &board))
	for _, file := range []string{dashboard, rules} {
		used := regexp.MustCompile(`\bliveness_\w+`).FindAllString(read(t, file), -1)
		require.Greater(t, len(used), 10, "%s uses no metrics", file)
		for _, name := range used {
			assert.True(t, s.serves(name), "%s uses %s, which is not exported", file, name)
		}
	}
	text := read(t, dashboard) + read(t, rules)
	for name := range s.families {
		if strings.HasPrefix(name, "liveness_") {
			assert.Contains(t, text, name, "no panel and no alert uses %s", name)
		}
	}
}

// serves reports whether a name in a query is a series or a label.
func (s seen) serves(name string) bool {
	for _, f := range s.families {
		for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
			if name == f.GetName()+suffix && (suffix == "") == (f.GetMetric()[0].GetHistogram() == nil) {
				return true
			}
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == name {
					return true
				}
			}
		}
	}
	return false
}

// exportedAs returns the name of a metric in Prometheus.
func (s seen) exportedAs(t *testing.T, m metricdata.Metrics) string {
	t.Helper()
	for name, f := range s.families {
		if f.GetHelp() == m.Description {
			return name
		}
	}
	t.Fatalf("%s is not exported to Prometheus", m.Name)
	return ""
}

// kindOf returns what a metric is, and the attributes of each of its points.
func kindOf(t *testing.T, m metricdata.Metrics) (string, []attribute.Set) {
	t.Helper()
	var sets []attribute.Set
	switch data := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			sets = append(sets, p.Attributes)
		}
		return "histogram", sets
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			sets = append(sets, p.Attributes)
		}
		return "gauge", sets
	case metricdata.Sum[int64]:
		require.True(t, data.IsMonotonic)
		for _, p := range data.DataPoints {
			sets = append(sets, p.Attributes)
		}
		return "counter", sets
	}
	t.Fatalf("%s is a %T", m.Name, m.Data)
	return "", nil
}

// keys returns the names of the attributes, each once.
func keys(sets []attribute.Set) []string {
	all := map[string]bool{}
	for _, set := range sets {
		for _, a := range set.ToSlice() {
			all["`"+string(a.Key)+"`"] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
