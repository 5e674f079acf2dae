package simulate

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// watcher asks the store who is online and remembers what it was told.
type watcher struct {
	store    store.LivenessStore
	pace     pace
	ttl      time.Duration
	members  []*member
	progress *progress

	looked  time.Duration // when the last look began
	longest time.Duration // between the beginnings of two looks
	blind   time.Duration // total of such times beyond the tolerance
}

// member is a workspace as the watcher sees it.
type member struct {
	*workspace
	offline  bool
	restarts int           // how often it went offline while it was alive
	seen     bool          // it is dead, and was seen offline since
	seenAt   time.Duration // when the store said so
}

func newWatcher(s store.LivenessStore, p pace, ttl time.Duration, fleet []*workspace, pr *progress) *watcher {
	w := &watcher{store: s, pace: p, ttl: ttl, progress: pr}
	for _, ws := range fleet {
		w.members = append(w.members, &member{workspace: ws})
	}
	return w
}

// watch looks again and again until the given time.
func (w *watcher) watch(ctx context.Context, until time.Duration) error {
	defer w.progress.clear()
	for at := lookEvery; at <= until; at = max(at, w.pace.now()) + lookEvery {
		if !w.pace.sleepUntil(ctx, at) {
			break
		}
		if err := w.look(ctx); err != nil {
			return err
		}
		w.progress.show(w)
	}
	w.passed(w.pace.now())
	return nil
}

// look asks about every workspace that has been heard from. What each was when
// the question was put decides what the answer means.
func (w *watcher) look(ctx context.Context) error {
	w.passed(w.pace.now())
	var (
		asked []*member
		was   []state
		ids   []string
	)
	for _, m := range w.members {
		if st := m.soFar(); st.heard > 0 {
			asked, was, ids = append(asked, m), append(was, st), append(ids, m.id)
		}
	}
	online, err := store.IsOnlineMany(ctx, w.store, ids)
	if err != nil {
		return err
	}
	now := w.pace.now()
	for i, m := range asked {
		m.note(online[i], was[i], now)
	}
	return nil
}

func (w *watcher) passed(now time.Duration) {
	gap := now - w.looked
	w.looked = now
	w.longest = max(w.longest, gap)
	if gap > tolerance {
		w.blind += gap
	}
}

func (m *member) note(online bool, was state, now time.Duration) {
	switch {
	case !online && was.dead && !m.seen:
		m.seen, m.seenAt = true, now
	case !online && !was.dead && !m.offline:
		m.restarts++
	}
	m.offline = !online
}
