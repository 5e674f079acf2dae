package mapstore

import (
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// The two URLs of a workspace.
const (
	publicURL = iota
	internalURL
	allURLs
)

// workspace is all that is known of one workspace.
type workspace struct {
	id       string
	deadline time.Time // online before it, undetected after it; zero: neither
	death    *death    // pending
	lease    *lease    // the last one, also if it has ended by itself
	urls     [allURLs]url

	recent time.Time // until then it is recent (R8)
	trial  time.Time // the deadline that SetOnlineFor or Withdraw gave
	heard  bool      // a heartbeat came since then
	since  time.Time // Since of the next death, if that is not its Deadline
}

type url struct {
	value string
	end   time.Time
}

// death is one that is pending. Its Attempt is how often it was handed out.
type death struct {
	driver.Death
	due  time.Time     // ready from then on, but for a lease
	made time.Time     // when it could be handed out first
	kept time.Duration // how long it could be handed out (R5)
}

type lease struct {
	token    int64
	end      time.Time
	cameBack bool // the workspace was online or cleared since
}

func (w *workspace) online(now time.Time) bool { return now.Before(w.deadline) }
func (w *workspace) vanished(now time.Time) bool {
	return !w.deadline.IsZero() && !w.online(now)
}
func (w *workspace) isRecent(now time.Time) bool { return now.Before(w.recent) }
func (w *workspace) leased(now time.Time) bool   { return w.lease != nil && now.Before(w.lease.end) }

// live makes the workspace online until the deadline, which ends its death.
func (w *workspace) live(deadline time.Time) {
	w.deadline, w.death = deadline, nil
	w.trial, w.heard, w.since = time.Time{}, false, time.Time{}
	if w.lease != nil {
		w.lease.cameBack = true
	}
}

// try makes the workspace online until the deadline, which is no comeback as
// long as no heartbeat follows.
func (w *workspace) try(deadline time.Time) {
	w.live(deadline)
	w.trial = deadline
}

func (w *workspace) refresh(now time.Time, ttl time.Duration) bool {
	if !w.online(now) {
		return false
	}
	w.deadline, w.heard, w.since = now.Add(ttl), true, time.Time{}
	return true
}

// die makes a workspace offline. Its death is due at the deadline.
func (w *workspace) die(deadline, now time.Time) *death {
	if w.since.IsZero() {
		w.since = deadline
	}
	w.death = &death{
		Death: driver.Death{ID: w.id, Deadline: deadline, Since: w.since},
		due:   deadline,
		made:  later(deadline, now),
	}
	w.deadline, w.since = time.Time{}, time.Time{}
	return w.death
}

func (w *workspace) clear() {
	lease := w.lease
	*w = workspace{id: w.id, lease: lease}
	if lease != nil {
		lease.cameBack = true
	}
}

// empty reports whether there is nothing to remember.
func (w *workspace) empty(now time.Time) bool {
	return w.deadline.IsZero() && w.death == nil && !w.leased(now) && !w.isRecent(now) &&
		w.cached(publicURL, now) == "" && w.cached(internalURL, now) == ""
}

func (w *workspace) cache(which int, value string, end time.Time) {
	w.urls[which] = url{strings.Clone(value), end}
}

func (w *workspace) cached(which int, now time.Time) string {
	if u := w.urls[which]; now.Before(u.end) {
		return u.value
	}
	return ""
}

// ready returns the time from which the death of the workspace is ready.
func (w *workspace) ready() time.Time {
	if w.lease == nil {
		return w.death.due
	}
	return later(w.death.due, w.lease.end)
}

// phase returns how the death of the workspace stands, and until when.
func (w *workspace) phase(now time.Time) (driver.Phase, time.Time) {
	switch {
	case w.leased(now):
		return driver.Leased, w.lease.end
	case now.Before(w.death.due):
		return driver.Delayed, w.death.due
	}
	return driver.Ready, time.Time{}
}

// standing returns the standing of the lease of d. Held means that d is the death
// of the workspace.
func (w *workspace) standing(d driver.Death, now time.Time) driver.Standing {
	switch {
	case w.lease == nil || w.lease.token != d.Token:
		return driver.Lost
	case !w.lease.cameBack:
		return driver.Held
	case w.leased(now):
		return driver.CameBack
	}
	return driver.Lost
}

// endLease ends the lease before its time. A death that waited for that is
// ready from now on.
func (w *workspace) endLease(now time.Time) {
	w.lease = nil
	if w.death != nil {
		w.death.due = later(w.death.due, now)
	}
}

// fresh reports whether the death counts as evidence: found by silence and
// never handed out.
func (d *death) fresh(now time.Time) bool {
	return d.Attempt == 0 && !d.Expired && !now.Before(d.Deadline)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
