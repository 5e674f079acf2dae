package command

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func newPause(a *app) *cobra.Command {
	var length time.Duration
	c := &cobra.Command{
		Use:   "pause REASON",
		Short: "Forbid all monitors to hand out deaths for a while",
		Long: `Forbids every monitor of the store to hand out deaths, for the time of --for. Deaths
are detected and kept meanwhile, and the time does not count towards the age at which
one is dropped. The monitors obey within one sweep, and the reason is in their logs.

A new pause replaces the one before. See also "liveness resume" and "liveness status".`,
		Example: `  liveness pause 'the network is being replaced' --for 2h
  liveness pause deploying the gateway`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, words []string) error {
			reason := strings.TrimSpace(strings.Join(words, " "))
			switch {
			case reason == "":
				return usagef("the reason is empty; say why, for the next operator on duty")
			case slices.ContainsFunc(words, hasPassword):
				return usagef("the reason has a URL with a password, and every monitor logs it; say why without it")
			case length <= 0:
				return usagef("--for is %v, want more than 0", length)
			}
			return a.withMonitor(c.Context(), func(s store.LivenessStore, m *monitor.Monitor) error {
				before, err := m.Agreement(c.Context())
				if err != nil {
					return err
				}
				until := time.Now().Add(length)
				if err := m.Pause(c.Context(), reason, until); err != nil {
					return err
				}
				if r, ok := store.As[driver.Reaper](s); ok && !r.Traits().Local && before.LastTurn.IsZero() {
					fmt.Fprintln(a.stderr, "no monitor has written to this store yet: do its URL and --prefix name that of the platform?")
				}
				replaced := only(!before.PauseUntil.IsZero(), "; it replaces a pause until %s: %s", at(before.PauseUntil), before.PauseReason)
				return a.done(map[string]any{"pause_until": until, "pause_reason": reason}, "paused until %s: %s%s", at(until), reason, replaced)
			})
		},
	}
	c.Flags().DurationVar(&length, "for", time.Hour, "`time` after which the pause ends by itself")
	return c
}

func newResume(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "resume",
		Short:   "End a pause",
		Long:    `Ends a pause: the monitors hand deaths out again. It does nothing if there is none.`,
		Example: "  liveness resume --store redis://localhost:6379/0",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withMonitor(c.Context(), func(_ store.LivenessStore, m *monitor.Monitor) error {
				before, err := m.Agreement(c.Context())
				if err != nil {
					return err
				}
				if err := m.Resume(c.Context()); err != nil {
					return err
				}
				if before.PauseUntil.IsZero() {
					return a.done(map[string]bool{"resumed": false}, "there was no pause")
				}
				return a.done(map[string]bool{"resumed": true}, "resumed; the pause was for: %s", before.PauseReason)
			})
		},
	}
}

func newEndHold(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "end-hold",
		Short: "End a hold, because the workspaces are dead",
		Long: `Ends a hold: you know that the workspaces are dead, and not that their heartbeats do
not arrive. Their deaths are handed out gradually, and the evidence that began the hold
begins no other until it is gone. It does nothing if there is no hold.

If you are not sure, do nothing: a hold ends by itself.`,
		Example: `  liveness status --store redis://localhost:6379/0
  liveness end-hold --store redis://localhost:6379/0`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withMonitor(c.Context(), func(_ store.LivenessStore, m *monitor.Monitor) error {
				before, err := m.Agreement(c.Context())
				if err != nil {
					return err
				}
				if err := m.EndHold(c.Context()); err != nil {
					return err
				}
				if before.Hold.IsZero() && !before.Recovering {
					return a.done(map[string]bool{"ended": false}, "there was no hold")
				}
				return a.done(map[string]bool{"ended": true}, "the hold is over; deaths are handed out gradually")
			})
		},
	}
}
