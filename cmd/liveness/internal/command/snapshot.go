package command

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// The kinds of events that no monitor has.
const (
	cameOnline  monitor.EventKind = "online"
	wentOffline monitor.EventKind = "offline"
	gone        monitor.EventKind = "gone"
	leader      monitor.EventKind = "leader"
)

// snapshot is a store at about one moment.
type snapshot struct {
	online map[string]bool
	deaths map[string]driver.Pending
	monitor.Agreement
}

func takeSnapshot(ctx context.Context, s store.LivenessStore, m *monitor.Monitor) (snapshot, error) {
	var err error
	now := snapshot{online: make(map[string]bool), deaths: make(map[string]driver.Pending)}
	// Deaths first: one whose workspace comes back meanwhile is no news of a death.
	deaths, err := pending(ctx, m)
	if err != nil {
		return now, err
	}
	for _, d := range deaths {
		now.deaths[d.ID] = d
	}
	for status, err := range store.Online(ctx, s) {
		if err != nil {
			return now, err
		}
		now.online[status.ID] = true
		delete(now.deaths, status.ID)
	}
	now.Agreement, err = m.Agreement(ctx)
	return now, err
}

// changes returns the events until the next snapshot, in the order of the ids.
// Lost tells that the store did not answer in between.
func (before snapshot) changes(after snapshot, lost bool) (all []monitor.Event) {
	if lost {
		all = append(all, monitor.Event{Kind: monitor.StoreBack})
	}
	all = append(all, agreed(before.Agreement, after.Agreement)...)
	ids := make(map[string]bool)
	for id := range before.online {
		ids[id] = true
	}
	for id := range after.online {
		ids[id] = true
	}
	for id := range before.deaths {
		ids[id] = true
	}
	for id := range after.deaths {
		ids[id] = true
	}
	first := len(all)
	for id := range ids {
		all = append(all, before.changesOf(id, after)...)
	}
	slices.SortStableFunc(all[first:], func(x, y monitor.Event) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

// changesOf returns the events of one workspace.
func (before snapshot) changesOf(id string, after snapshot) (all []monitor.Event) {
	was, is := before.online[id], after.online[id]
	old, wasDead := before.deaths[id]
	death, isDead := after.deaths[id]
	happened := func(kind monitor.EventKind, attempt int, until time.Time) {
		all = append(all, monitor.Event{Kind: kind, ID: id, Attempt: attempt, Until: until})
	}
	switch {
	case wasDead && is:
		happened(monitor.CameBack, 0, time.Time{})
	case is && !was:
		happened(cameOnline, 0, time.Time{})
	case was && !is:
		happened(wentOffline, 0, time.Time{})
	case wasDead && !isDead && old.Phase == driver.Leased:
		happened(monitor.Handled, old.Attempt, time.Time{})
	case wasDead && !isDead:
		happened(gone, 0, time.Time{})
	}
	if isDead && (!wasDead || death.Phase != old.Phase || death.Attempt != old.Attempt || !death.Since.Equal(old.Since)) {
		happened(monitor.EventKind(death.Phase), death.Attempt, death.Until)
	}
	return all
}

// agreed returns the events of holds, pauses and the leader.
func agreed(before, after monitor.Agreement) (all []monitor.Event) {
	happened := func(kind monitor.EventKind, reason string, until time.Time) {
		all = append(all, monitor.Event{Kind: kind, Reason: reason, Until: until})
	}
	switch {
	case !after.PauseUntil.IsZero() && !after.PauseUntil.Equal(before.PauseUntil):
		happened(monitor.Paused, after.PauseReason, after.PauseUntil)
	case after.PauseUntil.IsZero() && !before.PauseUntil.IsZero():
		happened(monitor.Resumed, before.PauseReason, time.Time{})
	}
	switch {
	case before.Hold.IsZero() && !after.Hold.IsZero():
		happened(monitor.HoldBegan, after.Reason, after.HoldUntil)
	case !before.Hold.IsZero() && after.Hold.IsZero():
		happened(monitor.HoldEnded, after.Reason, time.Time{})
	}
	if after.GraceEnd.After(before.GraceEnd) {
		happened(monitor.GraceBegan, "", after.GraceEnd)
	}
	if after.Leader != before.Leader {
		happened(leader, cmp.Or(after.Leader, "none"), time.Time{})
	}
	return all
}
