package simulate

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/molecule-ai/liveness/monitor"
)

// replica is one process of the platform, with its monitor.
type replica struct {
	*run
	monitor *monitor.Monitor
	killed  atomic.Bool
	ended   <-chan struct{} // when the run has
}

func (r *run) newReplica(ended <-chan struct{}) (*replica, error) {
	x := &replica{run: r, ended: ended}
	c := r.Config.monitor(r.ttl)
	if r.probe {
		c.Probe = r.ask
	}
	var err error
	x.monitor, err = monitor.New(r.line(x.killed.Load), c)
	return x, err
}

// ask is the second witness, which is always right.
func (r *run) ask(_ context.Context, id string) (alive bool, err error) {
	w := r.byID[id]
	return w != nil && !w.soFar().dead, nil
}

func (x *replica) watch(ctx context.Context) error { return x.monitor.Run(ctx, x.handle) }

// handle restarts the workspace, as the platform would, unless the replica is
// killed at this moment: then the call does not return before the run ends,
// and the store hears no more of the replica.
func (x *replica) handle(_ context.Context, d monitor.Death) error {
	w := x.byID[d.ID]
	if w == nil {
		return nil // it died in a simulation that did not come to its end
	}
	if x.KillMonitor && w.soFar().dead && x.handed.Add(1) == x.middle() {
		x.killed.Store(true)
		<-x.ended
		return errors.New("the monitor was killed")
	}
	w.restart(d, x.pace.now(), x.ttl)
	return nil
}

// middle is which of the deaths that are handed out kills its monitor.
func (c Config) middle() int64 { return int64(c.Deaths+1) / 2 }
