package command

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func newStatus(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what the monitors of the store share",
		Long: `Shows how many workspaces are online, how many deaths are pending, and what the
monitors keep in the store for one another: which of them leads and when it last said
so, a pause by an operator, a hold, and a grace. In a pause and in a grace no death
is handed out, in a hold none by silence alone.

A file tells of pauses and holds alone: nothing else can have it open now, so no monitor
runs on it.

With --json it is one object.`,
		Example: `  liveness status --store bolt:edge.db
  liveness status --store redis://localhost:6379/0 --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withMonitor(c.Context(), func(s store.LivenessStore, m *monitor.Monitor) error {
				st, err := readStatus(c.Context(), s, m)
				if err != nil {
					return err
				}
				raw, _ := a.storeURL() // it was opened
				st.Store, st.Warning = backends.Redact(raw), a.warning
				return st.write(a)
			})
		},
	}
}

// status is shown by the command of that name.
type status struct {
	Store   string          `json:"store"`
	Online  int             `json:"online"`
	Ready   int             `json:"ready"`
	Leased  int             `json:"leased"`
	Delayed int             `json:"delayed"`
	Oldest  *driver.Pending `json:"oldest,omitempty"`
	Warning string          `json:"warning,omitempty"` // the store may be another than the platform's
	monitor.Agreement

	shared bool // by several processes
}

func readStatus(ctx context.Context, s store.LivenessStore, m *monitor.Monitor) (st status, err error) {
	if reaper, ok := store.As[driver.Reaper](s); ok {
		st.shared = !reaper.Traits().Local
	}
	if st.Online, err = store.Count(ctx, s); err != nil {
		return st, err
	}
	if st.Agreement, err = m.Agreement(ctx); err != nil {
		return st, err
	}
	deaths, err := pending(ctx, m)
	if err != nil {
		return st, err
	}
	for _, d := range deaths {
		switch d.Phase {
		case driver.Ready:
			st.Ready++
		case driver.Leased:
			st.Leased++
		case driver.Delayed:
			st.Delayed++
		}
	}
	if len(deaths) > 0 {
		oldest := slices.MinFunc(deaths, older)
		st.Oldest = &oldest
	}
	return st, nil
}

func (st status) write(a *app) error {
	return a.details(st,
		"store", st.Store,
		"online", fmt.Sprint(st.Online),
		"deaths", fmt.Sprintf("%d ready, %d leased, %d delayed", st.Ready, st.Leased, st.Delayed),
		"oldest death", st.oldest(),
		"dropped", only(st.Dropped > 0, "%d deaths were never handed out", st.Dropped),
		"monitors", st.monitors(),
		"pause", only(!st.PauseUntil.IsZero(), "until %s: %s", at(st.PauseUntil), st.PauseReason),
		"hold", only(!st.Hold.IsZero(), "since %s, until %s at the latest: %s", at(st.Hold), at(st.HoldUntil), st.Reason),
		"recovery", only(st.Recovering, "deaths are handed out gradually: %s", st.Reason),
		"grace", only(st.GraceEnd.After(time.Now()), "until %s", at(st.GraceEnd)),
		"lost heartbeats", only(st.Loss >= 0.001, "%.1f %%", 100*st.Loss),
		"owner's list", only(!st.Asked.IsZero(), "last known %s", at(st.Asked)),
	)
}

func (st status) oldest() string {
	if st.Oldest == nil {
		return ""
	}
	return fmt.Sprintf("%s, since %s", st.Oldest.ID, at(st.Oldest.Since))
}

func (st status) monitors() string {
	const latest = store.DefaultLivenessTTL / 2 // no monitor may write later than that
	switch {
	case !st.shared:
		return "none: no other process has the file open"
	case st.LastTurn.IsZero():
		return "none has written to this store yet"
	case time.Since(st.LastTurn) > latest:
		return fmt.Sprintf("none runs: the last to lead wrote %s", at(st.LastTurn))
	case st.Blind:
		return fmt.Sprintf("%s leads, but a part of the store does not answer it; last turn %s", st.Leader, at(st.LastTurn))
	case st.Leader == "":
		return fmt.Sprintf("none leads; last turn %s", at(st.LastTurn))
	}
	return fmt.Sprintf("%s leads; last turn %s", st.Leader, at(st.LastTurn))
}
