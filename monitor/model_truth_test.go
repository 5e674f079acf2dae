package monitor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store/driver"
)

// truth is the store of a model. It knows of each workspace what a store has to
// know, and finds what a monitor may not do.
type truth struct {
	*memstore.Store
	m *model

	mu     sync.Mutex
	lives  map[string]*life
	wrong  []string
	grace  time.Time // its end
	paused time.Time // the end of the last pause
	since  time.Time // since when the note forbids to hand out; zero: it does not
	holds  bool      // because of a hold
	count  map[string]int
}

// life is what is true of one workspace.
type life struct {
	deadline time.Time       // it is online before; zero: cleared, or never set
	expired  bool            // the deadline is by Expire
	running  bool            // its process means to be heard from
	begun    map[int64]begun // by token
	calls    []*call
	handled  time.Time // the last hand-out that ended well
	alive    time.Time // when the Probe last said so; zero: it did not
	witness  map[*host]bool
}

// begun is a Begin that held: when it was, and why no handler may follow.
type begun struct {
	at     time.Time
	reason string
}

// call is one call of a handler.
type call struct {
	monitor.Death
	by           *host
	ctx          context.Context
	began, ended time.Time
	err          error
}

func newTruth(m *model, s *memstore.Store) *truth {
	return &truth{Store: s, m: m, lives: make(map[string]*life), count: make(map[string]int)}
}

// of returns the life of a workspace, under the lock.
func (t *truth) of(id string) *life {
	if t.lives[id] == nil {
		t.lives[id] = &life{begun: make(map[int64]begun), witness: make(map[*host]bool)}
	}
	return t.lives[id]
}

func (l *life) online() bool { return time.Now().Before(l.deadline) }

func (t *truth) is(wrong bool, format string, args ...any) {
	if wrong {
		text := fmt.Sprintf("at %v: ", time.Since(t.m.start)) + fmt.Sprintf(format, args...)
		t.wrong = append(t.wrong, text)
	}
}

// lives on: the workspace is online for so long if the step succeeds.
func (t *truth) live(id string, ttl time.Duration, step func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := step()
	if err == nil {
		l := t.of(id)
		l.deadline, l.expired = time.Now().Add(ttl), false
	}
	return err
}

func (t *truth) Traits() driver.Traits {
	traits := t.Store.Traits()
	traits.Local = !t.m.remote
	return traits
}

func (t *truth) SetOnline(ctx context.Context, id string) error {
	return t.live(id, modelTTL, func() error { return t.Store.SetOnline(ctx, id) })
}

func (t *truth) RefreshTTL(ctx context.Context, id string) error {
	return t.live(id, modelTTL, func() error { return t.Store.RefreshTTL(ctx, id) })
}

func (t *truth) Register(ctx context.Context, id, url, internal string) error {
	return t.live(id, modelTTL, func() error { return t.Store.Register(ctx, id, url, internal) })
}

func (t *truth) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	return t.live(id, ttl, func() error { return t.Store.SetOnlineFor(ctx, id, ttl) })
}

func (t *truth) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	return t.live(id, ttl, func() error { return t.Store.RefreshFor(ctx, id, ttl) })
}

func (t *truth) Expire(ctx context.Context, id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.of(id)
	if l.online() {
		l.deadline, l.expired, l.alive = time.Now(), true, time.Time{}
	}
	return t.Store.Expire(ctx, id)
}

func (t *truth) Clear(ctx context.Context, id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	*t.of(id) = life{running: t.of(id).running, begun: t.of(id).begun, calls: t.of(id).calls, witness: t.of(id).witness}
	return t.Store.Clear(ctx, id)
}

func (t *truth) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, err := t.Store.Sweep(ctx, shard, o)
	if r.GraceEnd.After(t.grace) {
		t.grace = r.GraceEnd
	}
	return r, err
}

func (t *truth) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	standing, err := t.Store.Begin(ctx, d)
	if err != nil || standing != driver.Held {
		return standing, err
	}
	now, l := time.Now(), t.of(d.ID)
	b := begun{at: now}
	t.is(l.online(), "%s is handed out while it is online", d.ID)
	t.is(l.deadline.IsZero() && !d.Adopted, "%s is handed out though it was cleared", d.ID)
	if t.m.kind == storm && l.running {
		b.reason = "though only its heartbeats were cut off"
	}
	under := 2*modelLease + modelProbe // calls may be under way for so long
	if !t.m.lossy() {
		under = 0
		if t.m.probe {
			under = modelProbe
		}
	}
	forbidden := !t.since.IsZero() && now.Sub(t.since) > under
	if t.holds {
		forbidden = forbidden && !d.Expired && !t.m.probe
	}
	if forbidden {
		b.reason = fmt.Sprint(now.Sub(t.since), " after a pause or a hold began")
	}
	l.begun[d.Token] = b
	return standing, err
}

func (t *truth) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	standings, err := t.Store.Extend(ctx, leased, lease)
	for i, s := range standings {
		t.is(s == driver.Held && t.of(leased[i].ID).online(), "%s is held as dead while it is online", leased[i].ID)
	}
	return standings, err
}

func (t *truth) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	did, err := t.Store.Withdraw(ctx, d)
	online, _ := t.Store.IsOnline(ctx, d.ID)
	if l := t.of(d.ID); did && online && !l.online() {
		l.deadline, l.expired = time.Now().Add(modelTTL), false
	}
	return did, err
}

func (t *truth) Note(ctx context.Context, shard int, old, next string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := t.Store.Note(ctx, shard, old, next)
	var note struct {
		Hold, Spent time.Time
		PauseUntil  time.Time `json:"pause_until"`
	}
	if err == nil && text == next && json.Unmarshal([]byte(text), &note) == nil {
		now := time.Now()
		pause := note.PauseUntil.After(now)
		t.holds = !pause && !note.Hold.IsZero() && note.Spent.IsZero()
		if pause || t.m.pausing {
			t.paused = now
		}
		t.m.pausing = pause
		switch {
		case !pause && !t.holds:
			t.since = time.Time{}
		case t.since.IsZero():
			t.since = now
			t.count["holds or pauses"]++
		}
	}
	return text, err
}

// enter records that a handler is called.
func (t *truth) enter(by *host, ctx context.Context, d monitor.Death) *call {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, l := time.Now(), t.of(d.ID)
	c := &call{Death: d, by: by, ctx: ctx, began: now}
	t.count["hand-outs"]++
	b, held := l.begun[d.Token]
	t.is(!held, "%s is handed out without a Begin that held", d.ID)
	t.is(b.reason != "", "%s is handed out %s", d.ID, b.reason)
	t.is(l.witness[by] && now.Sub(d.Since) < 4*modelTTL, "%s is handed out though the Probe said alive", d.ID)
	for _, o := range l.calls {
		running := o.ended.IsZero() && !by.killed.Load()
		same := o.Deadline.Equal(d.Deadline)
		t.is(running && o.ctx.Err() == nil, "%s has two handlers", d.ID)
		t.is(running && !t.m.lossy() && now.Sub(o.began) < modelTimeout, "%s has two handlers without need", d.ID)
		t.is(d.Token <= o.Token, "the token %d of %s does not grow", d.Token, d.ID)
		t.is(same && d.Attempt <= o.Attempt, "the attempt %d of %s does not grow", d.Attempt, d.ID)
		well := !o.ended.IsZero() && o.err == nil && o.ended.Sub(o.began) < modelTimeout
		t.is(same && well && t.m.kind == steady, "%s is handed out again after it was handled", d.ID)
		t.is(d.Attempt < 1, "the attempt %d of %s", d.Attempt, d.ID)
	}
	if t.m.kind == steady && !t.m.probe && !t.m.expected {
		due, slack := t.due(l, d)
		t.is(now.Sub(due) > slack, "%s is handed out %v late, attempt %d", d.ID, now.Sub(due), d.Attempt)
	}
	l.calls = append(l.calls, c)
	return c
}

// due returns when a death was to be handed out and how late that may be.
func (t *truth) due(l *life, d monitor.Death) (due time.Time, slack time.Duration) {
	due, slack = later(d.Deadline, t.grace), 10*time.Millisecond
	if d.Expired {
		slack = modelInterval
	}
	if t.paused.After(due) {
		due, slack = t.paused, modelInterval
	}
	for _, o := range l.calls {
		free := o.ended.Add(modelBackoff.Most * 5 / 4)
		if o.err == nil {
			free = o.ended
		}
		if o.ended.IsZero() || o.ended.Sub(o.began) > modelTimeout {
			free = o.began.Add(modelTimeout + 3*modelLease/2)
		}
		if free.After(due) {
			due, slack = free, modelInterval
		}
	}
	if t.m.remote && t.m.monitors > 1 {
		slack += modelInterval * 5 / 2 // two that lead may both follow, until one leads again
	}
	return due, slack
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// leave records how a call has ended.
func (t *truth) leave(c *call, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.ended, c.err = time.Now(), err
	l := t.of(c.ID)
	if at := l.begun[c.Token].at; err == nil && !c.by.killed.Load() && at.After(l.handled) {
		l.handled = at
	}
	t.is(t.m.kind == steady && context.Cause(c.ctx) == monitor.ErrNotHeld, "the lease of %s is lost without need", c.ID)
}

// asked records that the Probe is asked.
func (t *truth) asked(by *host, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.of(id)
	again := !l.alive.IsZero() && time.Since(l.alive) < modelTTL/3
	t.is(again && t.m.kind == steady, "the Probe is asked again for %s, %v after it said alive", id, time.Since(l.alive))
	l.witness[by], l.alive = false, time.Time{}
}

// said records that the Probe says alive.
func (t *truth) said(by *host, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(id).witness[by], t.of(id).alive = true, time.Now()
	t.count["alive"]++
}

// runs tells whether the process of a workspace runs.
func (t *truth) runs(id string, is bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(id).running = is
}

func (t *truth) running(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of(id).running
}

// expects returns the list of the owner: what was set and not cleared, and what
// never registered.
func (t *truth) expects() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := slices.Clone(t.m.never)
	for id, l := range t.lives {
		if !l.deadline.IsZero() {
			list = append(list, id)
		}
	}
	return list
}

// verdict returns what was wrong, once everything had the time to be handled.
func (t *truth) verdict() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, l := range t.lives {
		dead := !l.deadline.IsZero() && !l.deadline.After(t.m.end.Add(2*modelTTL))
		if dead {
			t.count["deaths at the end"]++
		}
		t.is(dead && l.handled.Before(l.deadline), "the death of %s is lost: it died at %v", id, l.deadline.Sub(t.m.start))
	}
	for _, id := range t.m.never {
		t.is(t.of(id).handled.IsZero(), "%s never registered and is not reported", id)
	}
	return t.wrong
}
