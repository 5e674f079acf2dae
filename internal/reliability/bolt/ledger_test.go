package bolt

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/store"
)

// ledger is the answers that a store must give.
type ledger struct {
	t             testing.TB
	of            map[string]*account
	acked         map[string]int
	last          time.Duration // when the process was heard from
	exact, weaker int           // deadlines, by how exact they had to be
}

// account is the state of one workspace: all that was acknowledged, and the one operation
// that may have been done besides.
type account struct {
	state
	maybe   *operation
	durable time.Duration // the deadline is in the file, or a later one
	beats   []beat        // since then
}

// beat is a deadline promised at some time by a heartbeat.
type beat struct{ at, deadline time.Duration }

type state struct {
	online        bool
	from, to      time.Duration // the deadline lies between
	url, internal string
}

type operation struct {
	op, url string
	began   time.Duration
}

// after returns the state once the operation is done, at some time until end.
func (o *operation) after(s state, end time.Duration) state {
	switch o.op {
	case "SetOnline", "RefreshTTL":
		s.online, s.from, s.to = true, o.began+lifetime, end+lifetime
	case "CacheURL":
		s.url = o.url
	case "CacheInternalURL":
		s.internal = o.url
	case "Clear":
		s = state{}
	}
	return s
}

// listen takes note of all that a process says until it is dead.
func (l *ledger) listen(v *kit.Victim) {
	for v.Lines.Scan() {
		var said, id string
		var o operation
		if _, err := fmt.Sscan(v.Lines.Text(), &said, &id, &o.op, &o.url, &o.began); err != nil {
			l.t.Fatalf("the process said %q", v.Lines.Text())
		}
		a := l.of[id]
		if a == nil {
			a = &account{}
			l.of[id] = a
		}
		if said == ">" {
			a.maybe = &o
			continue
		}
		a.state, a.maybe = a.maybe.after(a.state, o.began), nil
		switch o.op {
		case "SetOnline":
			a.durable, a.beats = a.from, nil
		case "RefreshTTL":
			a.beats = append(a.beats, beat{o.began, a.from})
		}
		l.acked[o.op]++
		l.last = o.began
	}
	require.NoError(l.t, v.Lines.Err())
	v.Kill()
}

// compare asks the store about every workspace, and goes on from its answers.
func (l *ledger) compare(s *boltstore.Store, killed time.Duration) {
	require.NotEmpty(l.t, l.of)
	for id, a := range l.of {
		got := l.look(s, id)
		l.allowForCrash(a)
		allowed := []state{a.state}
		if a.maybe != nil {
			allowed = append(allowed, a.maybe.after(a.state, killed))
		}
		var why []string
		for _, want := range allowed {
			if w := l.differs(want, got); w != "" {
				why = append(why, w)
			}
		}
		require.Less(l.t, len(why), len(allowed), "%s: %s", id, strings.Join(why, "; "))
		l.of[id] = &account{state: got, durable: got.from}
	}
}

// allowForCrash lowers the least deadline to the one that a checkpoint wrote, and one
// interval more.
func (l *ledger) allowForCrash(a *account) {
	if !a.online {
		return
	}
	for _, b := range a.beats {
		if b.at <= l.last-checkpoint {
			a.durable = b.deadline
		}
	}
	if a.from <= a.durable+checkpoint {
		l.exact++
		return
	}
	l.weaker++
	a.from = a.durable + checkpoint
}

func (l *ledger) look(s *boltstore.Store, id string) (got state) {
	ctx := context.Background()
	before := now(l.t)
	status, err := s.Lookup(ctx, id)
	if err == nil {
		got.online, got.from, got.to = true, before+status.Remaining, now(l.t)+status.Remaining
	} else {
		require.ErrorIs(l.t, err, store.ErrNotFound)
	}
	if got.url, err = s.GetCachedURL(ctx, id); err != nil {
		require.ErrorIs(l.t, err, store.ErrNotFound)
	}
	if got.internal, err = s.GetCachedInternalURL(ctx, id); err != nil {
		require.ErrorIs(l.t, err, store.ErrNotFound)
	}
	return got
}

// differs returns how the answer of the store differs from the right one, or "".
func (l *ledger) differs(want, got state) string {
	switch {
	case got.online != want.online:
		return fmt.Sprintf("online is %v, want %v", got.online, want.online)
	case got.url != want.url:
		return fmt.Sprintf("the URL is %q, want %q", got.url, want.url)
	case got.internal != want.internal:
		return fmt.Sprintf("the internal URL is %q, want %q", got.internal, want.internal)
	case !want.online:
		return ""
	case got.from < want.from-grain:
		return fmt.Sprintf("the deadline is %v early", want.from-got.from)
	case got.to > want.to+checkpoint+grain:
		return fmt.Sprintf("the deadline is %v late", got.to-want.to)
	}
	return ""
}
