// Package benchmarks measures any [store.LivenessStore] by one set of
// workloads.
//
// A benchmark is named after its operation, such as
//
//	BenchmarkStores/backend=memory/op=refresh/n=10000/callers=64
//
// so that benchstat -col /backend puts stores side by side. Where callers share
// the store, p50-ns and p99-ns say how long they waited for a call.
package benchmarks

import (
	"fmt"
	"os"
	"testing"

	"github.com/molecule-ai/liveness/store"
)

// Backend is a kind of store.
type Backend struct {
	Name string

	// Open returns an empty store with room for a million workspaces and their
	// URLs. It is closed with the test.
	Open func(tb testing.TB, ttls store.TTLs) store.LivenessStore
}

// Run measures each operation in fleets of 10,000 and 100,000 workspaces. With
// -short the second is left out; if LIVENESS_FULL is 1, there is one of a
// million.
func Run(b *testing.B, backend Backend) {
	b.Run("backend="+backend.Name, func(b *testing.B) {
		var fleets []*fleet
		for _, n := range sizes() {
			fleets = append(fleets, newFleet(b, backend, n))
		}
		for _, o := range operations() {
			for _, f := range fleets {
				for _, callers := range o.callers {
					b.Run(fmt.Sprintf("op=%s/n=%d/callers=%d", o.name, len(f.ids), callers), func(b *testing.B) {
						o.measure(b, f, callers)
					})
				}
			}
		}
	})
}

func sizes() []int {
	switch {
	case testing.Short():
		return []int{10_000}
	case os.Getenv("LIVENESS_FULL") == "1":
		return []int{10_000, 100_000, 1_000_000}
	}
	return []int{10_000, 100_000}
}
