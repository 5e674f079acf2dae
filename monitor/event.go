package monitor

import (
	"log/slog"
	"sync"
	"time"
)

// Event is one step that a monitor has seen or taken.
type Event struct {
	Kind    EventKind     `json:"kind"`
	Time    time.Time     `json:"time"`             // by the clock of this machine
	ID      string        `json:"id,omitzero"`      // the workspace, if the event is about one
	Attempt int           `json:"attempt,omitzero"` // of the death
	Late    time.Duration `json:"late,omitzero"`    // HandedOut: how long after the deadline, by the clock of the store
	Took    time.Duration `json:"took,omitzero"`    // Handled, Failed, TimedOut: the handler; StoreBack, GraceEnded, HoldEnded: how long it lasted
	Count   int64         `json:"count,omitzero"`   // Dropped: deaths; HoldBegan: workspaces that are silent or waiting; ExpectedIllegal: ids
	Reason  string        `json:"reason,omitzero"`  // HoldBegan, HoldEnded, Paused: why
	Until   time.Time     `json:"until,omitzero"`   // GraceBegan, Paused: until when, by the clock of the store
	Err     error         `json:"-"`                // Failed, ProbeFailed, ExpectedFailed, SearchFailed, StoreLost: why; not in the JSON
}

// EventKind is the kind of an event.
type EventKind string

// The kinds of events.
const (
	Detected        EventKind = "detected"         // a sweep of this monitor has detected the death
	HandedOut       EventKind = "handed out"       // a handler of this monitor begins
	Handled         EventKind = "handled"          // the handler returned nil
	Failed          EventKind = "failed"           // the handler returned an error or panicked
	TimedOut        EventKind = "timed out"        // the handler did not return in time and was left behind
	CameBack        EventKind = "came back"        // the workspace came back before its death was handed out, or while its handler runs
	NotHeld         EventKind = "not held"         // the lease was lost while the handler runs
	Withdrawn       EventKind = "withdrawn"        // Config.Probe said alive
	ProbeFailed     EventKind = "probe failed"     // Config.Probe returned an error, panicked or took too long
	Dropped         EventKind = "dropped"          // deaths that were never handed out, as this monitor's sweeps see it
	GraceBegan      EventKind = "grace began"      // nothing is handed out for now, in some shard
	GraceEnded      EventKind = "grace ended"      // of every shard
	HoldBegan       EventKind = "hold began"       // self-preservation: heartbeats do not arrive
	HoldEnded       EventKind = "hold ended"       // deaths are handed out again, gradually
	Paused          EventKind = "paused"           // by an operator
	Resumed         EventKind = "resumed"          // by an operator, or because the time was over
	StoreLost       EventKind = "store lost"       // some shard does not answer: its deaths are not detected
	StoreBack       EventKind = "store back"       // every shard answers
	ExpectedFailed  EventKind = "expected failed"  // Config.Expected returned an error, panicked or took too long, or the store refused its answer
	ExpectedBack    EventKind = "expected back"    // Config.Expected answers again
	ExpectedIllegal EventKind = "expected illegal" // Config.Expected named what no workspace can be called
	SearchFailed    EventKind = "search failed"    // the store could not search for workspaces that others registered
	SearchBack      EventKind = "search back"      // it can again
)

// Totals counts what a monitor has seen and done since it was made.
type Totals struct {
	Detected   int64 `json:"detected"`
	HandedOut  int64 `json:"handed_out"`
	Handled    int64 `json:"handled"`
	Failed     int64 `json:"failed"`
	TimedOut   int64 `json:"timed_out"`
	CameBack   int64 `json:"came_back"`
	NotHeld    int64 `json:"not_held"`
	Withdrawn  int64 `json:"withdrawn"`
	Graces     int64 `json:"graces"`
	Holds      int64 `json:"holds"`
	Unobserved int64 `json:"unobserved"` // events that Config.Observe or the Logger was too slow for
}

// of returns the counter of a kind, or nil.
func (t *Totals) of(k EventKind) *int64 {
	return map[EventKind]*int64{
		Detected: &t.Detected, HandedOut: &t.HandedOut, Handled: &t.Handled, Failed: &t.Failed, TimedOut: &t.TimedOut,
		CameBack: &t.CameBack, NotHeld: &t.NotHeld, Withdrawn: &t.Withdrawn, GraceBegan: &t.Graces, HoldBegan: &t.Holds,
	}[k]
}

// events counts what happens, and tells the Logger and Config.Observe.
type events struct {
	log       *slog.Logger
	lines     mailbox
	observers []*mailbox // one if Config.Observe is set

	mu       sync.Mutex
	totals   Totals
	loggedAt map[EventKind]time.Time // when a kind that repeats was last logged
}

const (
	observeBehind = 1024        // events that may wait for Config.Observe
	logBehind     = 65_536      // lines that may wait for the Logger
	logEvery      = time.Minute // between two lines about the same failing callback
)

func (e *events) configure(c Config) {
	e.log, e.loggedAt = c.Logger, make(map[EventKind]time.Time)
	e.lines = mailbox{what: "Config.Logger", most: logBehind, take: e.write}
	if c.Observe != nil {
		e.observers = append(e.observers, &mailbox{what: "Config.Observe", most: observeBehind, take: c.Observe})
	}
}

// emit counts the event and has it told. It does not wait for the observer.
func (e *events) emit(ev Event) {
	ev.Time = time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := e.totals.of(ev.Kind); n != nil {
		*n++
	}
	for _, o := range e.observers {
		e.put(o, ev)
	}
	switch ev.Kind {
	case ProbeFailed, ExpectedFailed, ExpectedIllegal:
		if ev.Time.Sub(e.loggedAt[ev.Kind]) < logEvery {
			return
		}
		e.loggedAt[ev.Kind] = ev.Time
	}
	e.put(&e.lines, ev)
}

func (e *events) put(b *mailbox, ev Event) {
	if !b.put(ev) {
		e.totals.Unobserved++
	}
}

// flush waits for a moment until everything is told.
func (e *events) flush() {
	patience := time.After(time.Second)
	for _, b := range append(e.observers, &e.lines) {
		select {
		case <-b.idle():
		case <-patience:
			return
		}
	}
}

func (e *events) soFar() Totals {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.totals
}

// write writes the log line of an event.
func (e *events) write(ev Event) {
	log := e.log
	if ev.ID != "" {
		log = log.With("id", ev.ID)
	}
	switch ev.Kind {
	case Detected:
		log.Info("liveness: a workspace stopped being online")
	case HandedOut:
		log.Info("liveness: a death is handed out", "attempt", ev.Attempt, "late", ev.Late)
	case Handled:
		log.Info("liveness: a death was handled", "attempt", ev.Attempt, "took", ev.Took)
	case Failed:
		log.Error("liveness: a handler failed; the death will be handed out again", "attempt", ev.Attempt, "took", ev.Took, "error", ev.Err)
	case TimedOut:
		log.Error("liveness: a handler did not return in time and is left behind; the death will be handed out again", "attempt", ev.Attempt, "took", ev.Took)
	case CameBack:
		log.Info("liveness: a workspace came back", "attempt", ev.Attempt)
	case NotHeld:
		log.Warn("liveness: the lease of a death was lost while its handler runs", "attempt", ev.Attempt)
	case Withdrawn:
		log.Info("liveness: a death was withdrawn: the probe says alive")
	case ProbeFailed:
		log.Warn("liveness: the probe failed; deaths are handed out by the evidence alone", "error", ev.Err)
	case Dropped:
		log.Error("liveness: deaths were dropped: no handler took them in time", "count", ev.Count)
	case GraceBegan:
		log.Info("liveness: grace: nothing is handed out until the living could be heard from", "until", ev.Until)
	case GraceEnded:
		log.Debug("liveness: the grace is over", "after", ev.Took) // the line before said when
	case HoldBegan:
		log.Error("liveness: hold: heartbeats do not arrive, nothing is handed out", "silent", ev.Count, "reason", ev.Reason)
	case HoldEnded:
		log.Info("liveness: the hold is over, deaths are handed out gradually", "after", ev.Took, "reason", ev.Reason)
	case Paused:
		log.Warn("liveness: paused by an operator: nothing is handed out", "until", ev.Until, "reason", ev.Reason)
	case Resumed:
		log.Info("liveness: the pause is over")
	case StoreLost:
		log.Error("liveness: the store does not answer: deaths are not detected", "error", ev.Err)
	case StoreBack:
		log.Info("liveness: the store answers again", "after", ev.Took)
	case ExpectedFailed:
		log.Error("liveness: the list of expected workspaces is not known; deaths are reported without it", "error", ev.Err)
	case ExpectedBack:
		log.Info("liveness: the list of expected workspaces is known again")
	case ExpectedIllegal:
		log.Warn("liveness: Expected names what no workspace can be called", "ids", ev.Count)
	case SearchFailed:
		log.Error("liveness: the search for workspaces that others registered failed", "error", ev.Err)
	case SearchBack:
		log.Info("liveness: the search for workspaces that others registered goes on")
	}
}
