package pictures

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// workspace is one member of a fleet.
type workspace struct {
	id        string
	i         int
	mortal    bool // it dies at the strike
	random    *rand.Rand
	restarted chan struct{}

	mu       sync.Mutex
	revived  bool          // its death was reported and it was restarted
	heard    time.Duration // when its last heartbeat arrived
	behind   time.Duration
	busy     int // handlers that run
	twice    int
	reports  int
	falsely  int
	reported time.Duration // when its death was
	late     time.Duration // after its deadline
}

// live sends heartbeats until ctx is done. A dead workspace is silent until it
// is restarted.
func (w *workspace) live(ctx context.Context, f *Fleet, beat func(context.Context, string) error) error {
	at := time.Duration(w.random.Int64N(int64(f.Picture.Every)))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.restarted:
			at = f.now() + Boot
			continue
		case <-f.at(at):
		}
		now := f.now()
		if w.dead(f, now) {
			select {
			case <-ctx.Done():
				return nil
			case <-w.restarted:
				at = f.now() + Boot
				continue
			}
		}
		if since := now - f.strike; since < 0 || f.Picture.loses == nil || !f.Picture.loses(since, w.i, f.Size, w.random) {
			if err := beat(ctx, w.id); err != nil && ctx.Err() == nil {
				return err
			}
			w.mu.Lock()
			w.heard = now
			w.behind = max(w.behind, f.now()-at)
			w.mu.Unlock()
		}
		at += f.Picture.Every
	}
}

func (w *workspace) dead(f *Fleet, now time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mortal && !w.revived && now >= f.strike
}

// handle restarts the workspace, which takes the handler a moment, and counts
// the report.
func (w *workspace) handle(f *Fleet) {
	const takes = 100 * time.Millisecond
	now := f.now()
	dead := w.dead(f, now)
	w.mu.Lock()
	w.reports++
	if w.busy > 0 {
		w.twice++
	}
	w.busy++
	if dead {
		w.revived, w.reported, w.late = true, now, now-(w.heard+TTL)
	} else {
		w.falsely++
	}
	w.mu.Unlock()
	select {
	case w.restarted <- struct{}{}:
	default: // it is about to be restarted already
	}
	<-f.at(now + takes)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
}
