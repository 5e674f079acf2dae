package peers

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// watch is a monitor that can be turned on and off. At the end of the test it
// is off.
type watch struct {
	b    *bench
	s    store.LivenessStore
	dead func(id string)
	stop func()
}

func (b *bench) watch(s store.LivenessStore, dead func(id string)) *watch {
	w := &watch{b: b, s: s, dead: dead, stop: func() {}}
	b.Cleanup(w.off)
	return w
}

func (w *watch) on() { w.start() }

func (w *watch) off() {
	w.stop()
	w.stop = func() {}
}

// onAndReady returns when deaths would be reported at once.
func (w *watch) onAndReady() {
	m := w.start()
	for m.Status().State != monitor.StateNormal {
		time.Sleep(10 * time.Millisecond)
	}
}

func (w *watch) start() *monitor.Monitor {
	w.off()
	m, err := monitor.New(w.s, monitor.Config{})
	w.b.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		err := m.Run(ctx, func(_ context.Context, d monitor.Death) error {
			w.dead(d.ID)
			return nil
		})
		if err != nil {
			w.b.Error(err)
		}
	})
	w.stop = func() {
		cancel()
		running.Wait()
	}
	return m
}
