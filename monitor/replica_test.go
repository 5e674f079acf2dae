package monitor_test

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/monitor"
)

// replica is one monitor of a month, from its start to its end.
type replica struct {
	month   *month
	watcher *watcher
	cut     bool      // it cannot reach the store
	killed  bool      // nothing is heard from it any more
	mended  time.Time // when it could reach the store again
}

// visit is one call of a handler for a death.
type visit struct {
	by       *replica
	ctx      context.Context
	deadline time.Time
	ended    time.Time // zero: not yet
	err      error
}

func (m *month) replica() *replica {
	r, l := &replica{month: m}, m.line()
	l.is(func(ctx context.Context, op string) error {
		var f fault
		m.do(func() {
			switch {
			case r.killed || r.cut:
				f = hanging
			default:
				f = m.outage
			}
		})
		if f != nil {
			return f(ctx, op)
		}
		return nil
	})
	m.do(func() { m.replicas = append(m.replicas, r) })
	x, err := monitor.New(l, monthConfig)
	assert.NoError(m.t, err)
	r.watcher = m.run("", x, r.handle)
	return r
}

// handle is the handler of a replica. It takes its time, and fails sometimes.
func (r *replica) handle(ctx context.Context, d monitor.Death) error {
	v := r.month.begin(r, ctx, d)
	if rand.N(4) == 0 {
		time.Sleep(rand.N(2 * monthLease))
	}
	var err error
	if rand.N(20) == 0 {
		err = errHandler
	}
	r.month.do(func() {
		if r.killed {
			err = errHandler // nobody hears of it
			return
		}
		v.ended, v.err = time.Now(), err
		if err != nil {
			r.month.count.failed++
		} else if !r.month.alive[d.ID] {
			r.month.handled[d.ID] = true
		}
	})
	return err
}

// begin records a call and judges whether it may be.
func (m *month) begin(r *replica, ctx context.Context, d monitor.Death) *visit {
	v := &visit{by: r, ctx: ctx, deadline: d.Deadline}
	m.do(func() {
		m.count.calls++
		if m.alive[d.ID] {
			m.count.living++
		}
		last := m.last[d.ID]
		m.last[d.ID] = v
		if last == nil || !last.deadline.Equal(d.Deadline) {
			return // the first call for this silence
		}
		switch {
		case !last.ended.IsZero() && last.err != nil: // it failed
		case m.allows(last):
			m.count.again++
		default:
			m.count.wrong++
		}
	})
	return v
}

// allows reports whether a death may be handed out again after a call that did not
// fail. It may if the monitor was killed, lost the lease or could not acknowledge.
func (m *month) allows(last *visit) bool {
	by := last.by
	switch {
	case by.killed:
		return true
	case last.ended.IsZero():
		return last.ctx.Err() != nil
	}
	return by.cut || m.outage != nil || !by.mended.Before(last.ended)
}

// cutOff keeps the replica from the store for a while.
func (r *replica) cutOff(d time.Duration) {
	r.month.do(func() { r.cut = true; r.month.count.cuts++ })
	time.Sleep(d)
	r.month.do(func() { r.cut, r.mended = false, time.Now() })
	time.Sleep(monthLease)
}

// kill ends the replica without its having a say.
func (r *replica) kill() {
	r.month.do(func() { r.killed = true })
	go r.stop()
}

// stop ends the replica in good order, but for handlers that it leaves behind.
func (r *replica) stop() { _ = r.watcher.stop() }
