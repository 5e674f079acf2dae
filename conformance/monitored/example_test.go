package monitored_test

import (
	"testing"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/conformance/monitored"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

// A backend with driver.Reaper is checked under the real monitor with the harness of its
// conformance test. Join gives each monitor a store of its own, where stores share data.
func ExampleRun() {
	harness := conformance.Harness{
		Bubble: true,
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			s, err := memstore.New(memstore.Options{TTLs: ttls})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	}
	_ = func(t *testing.T) { // TestUnderTheMonitor
		monitored.Run(t, harness)
	}
}
