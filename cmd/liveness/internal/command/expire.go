package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/store"
)

func newExpire(a *app) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "expire ID...",
		Short: "Declare workspaces dead, so that they are restarted now",
		Long: `Declares workspaces dead: they are offline at once, and a monitor hands their deaths
out at once, before those that are found by silence, or when a grace or a pause ends. It
is for a container that you have seen to be gone. One that is not online stays as it is.

It asks first on a terminal; elsewhere it wants --yes.`,
		Example: `  liveness expire agent-7 --store bolt:edge.db
  liveness expire agent-7 agent-8 --yes`,
		Args: atLeastOne("the id of a workspace"),
		RunE: func(c *cobra.Command, ids []string) error {
			if err := checkIDs(ids); err != nil {
				return err
			}
			if err := a.confirm(c.Context(), yes, "Declare %s dead", strings.Join(ids, ", ")); err != nil {
				return err
			}
			return a.with(c.Context(), backends.Options{}, func(s store.LivenessStore) error {
				return expire(c.Context(), a, s, ids)
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func expire(ctx context.Context, a *app, s store.LivenessStore, ids []string) error {
	online, err := store.IsOnlineMany(ctx, s, ids)
	if err != nil {
		return err
	}
	expired, offline := []string{}, []string{}
	for i, id := range ids {
		if err := store.Expire(ctx, s, id); err != nil {
			return fmt.Errorf("%w; %d of %d are done and may be restarted already: go on with %s alone", err, i, len(ids), strings.Join(ids[i:], " "))
		}
		if online[i] {
			expired = append(expired, id)
		} else {
			offline = append(offline, id)
		}
	}
	note := only(len(offline) > 0, "; %d not online: %s", len(offline), strings.Join(offline, ", "))
	return a.done(map[string]any{"expired": expired, "offline": offline}, "%d expired%s", len(expired), note)
}
