package benchmarks

import (
	"slices"
	"testing"
	"time"
)

// measure makes b.N calls. If they end lives, the workspaces come back when all
// had their turn.
func (o operation) measure(b *testing.B, f *fleet, callers int) {
	b.ReportAllocs()
	if callers == 1 {
		o.alone(b, f)
	} else {
		o.shared(b, f, callers)
	}
}

// shared is a number of callers that share the store, and how long they waited.
func (o operation) shared(b *testing.B, f *fleet, callers int) {
	pass := b.N
	if o.ends {
		pass = min(b.N, len(f.ids))
	}
	var took []time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; left -= pass {
		pass = min(pass, left)
		took = append(took, f.crowd(callers).run(b, pass, o.on(f))...)
		if o.ends {
			b.StopTimer()
			f.register(b, pass)
			b.StartTimer()
		}
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
}

// alone is one caller.
func (o operation) alone(b *testing.B, f *fleet) {
	do, ctx, n := o.on(f), b.Context(), 0
	for b.Loop() {
		if err := do(ctx, n); err != nil {
			b.Fatal(err)
		}
		if n++; o.ends && n == len(f.ids) {
			b.StopTimer()
			f.register(b, n)
			n = 0
			b.StartTimer()
		}
	}
	if o.ends {
		f.register(b, n)
	}
}
