package command

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/store"
)

func newClear(a *app) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "clear ID...",
		Short: "Forget workspaces, so that nothing restarts them",
		Long: `Forgets workspaces: their liveness, both URLs and a death that is pending. They are
offline and are not reported as dead. One that sends a heartbeat later is online again.

It asks first on a terminal; elsewhere it wants --yes. Forgetting a workspace that is
not known succeeds.`,
		Example: `  liveness clear agent-7 --store bolt:edge.db
  liveness clear agent-7 agent-8 --yes`,
		Args: atLeastOne("the id of a workspace"),
		RunE: func(c *cobra.Command, ids []string) error {
			if err := checkIDs(ids); err != nil {
				return err
			}
			if err := a.confirm(c.Context(), yes, "Forget %s", strings.Join(ids, ", ")); err != nil {
				return err
			}
			return a.with(c.Context(), backends.Options{}, func(s store.LivenessStore) error {
				if err := store.ClearMany(c.Context(), s, ids); err != nil {
					return err
				}
				return a.done(map[string]any{"cleared": ids}, "%d forgotten", len(ids))
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}
