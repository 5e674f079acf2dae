package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func newDeaths(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "deaths",
		Short: "List the deaths that are pending, the oldest first",
		Long: `Lists the deaths that no handler has finished yet, the oldest first. A death is ready
when a monitor may claim it, leased while a handler has it, and delayed after a handler
failed or before an adopted workspace is due. ATTEMPTS is how often a handler was given
it. SINCE is when the workspace stopped being online, UNTIL when a lease or a delay ends.

A workspace whose deadline has passed is missing here until a monitor has swept.

With --json each row is an object with id, phase, attempt, deadline, since, until,
expired and adopted.`,
		Example: `  liveness deaths --store bolt:edge.db
  liveness deaths --json | head`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withMonitor(c.Context(), func(_ store.LivenessStore, m *monitor.Monitor) error {
				return listDeaths(c.Context(), a, m)
			})
		},
	}
}

func listDeaths(ctx context.Context, a *app, m *monitor.Monitor) error {
	deaths, err := pending(ctx, m)
	if err != nil {
		return err
	}
	slices.SortFunc(deaths, older)
	t := a.table("ID", "PHASE", "ATTEMPTS", "SINCE", "UNTIL", "BY")
	for _, d := range deaths {
		if err := t.row(d, d.ID, string(d.Phase), fmt.Sprint(d.Attempt), at(d.Since), cmp.Or(at(d.Until), "-"), by(d)); err != nil {
			return err
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%d pending\n", len(deaths))
	return nil
}

// pending returns the deaths of all shards.
func pending(ctx context.Context, m *monitor.Monitor) (deaths []driver.Pending, err error) {
	for d, err := range m.Pending(ctx) {
		if err != nil {
			return nil, err
		}
		deaths = append(deaths, d)
	}
	return deaths, nil
}

func older(x, y driver.Pending) int {
	return cmp.Or(x.Since.Compare(y.Since), cmp.Compare(x.ID, y.ID))
}

// by says what made the death.
func by(d driver.Pending) string {
	switch {
	case d.Expired:
		return "expire"
	case d.Adopted:
		return "adoption"
	}
	return "silence"
}
