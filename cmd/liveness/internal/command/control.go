package command

import (
	"context"
	"fmt"
	"math"
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
		Args: atLeastOne("the reason, for the next operator on duty"),
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
				now := time.Now()
				if before.LastTurn.After(now) {
					now = before.LastTurn // the clock of this machine is behind that of the store
				}
				until := now.Add(length)
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
	var yes bool
	c := &cobra.Command{
		Use:   "end-hold",
		Short: "End a hold, because the workspaces are dead",
		Long: `Ends a hold: you know that the workspaces are dead, and not that their heartbeats do
not arrive. Their deaths are handed out gradually, and the evidence that began the hold
begins no other until it is gone. It does nothing if there is no hold.

It tells how many deaths the hold keeps back, and asks first on a terminal; elsewhere it
wants --yes. If you are not sure, do nothing: a hold ends by itself.`,
		Example: `  liveness status --store redis://localhost:6379/0
  liveness end-hold --store redis://localhost:6379/0`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return endHold(c.Context(), a, yes) },
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// endHold has no file open while it asks: its platform may start meanwhile.
func endHold(ctx context.Context, a *app, yes bool) error {
	held, holds := 0, false
	err := a.withMonitor(ctx, func(s store.LivenessStore, m *monitor.Monitor) error {
		before, err := m.Agreement(ctx)
		if err != nil {
			return err
		}
		holds = !before.Hold.IsZero() || before.Slow
		held, err = keptBack(ctx, s, m)
		return err
	})
	switch {
	case err != nil:
		return err
	case !holds:
		return a.done(map[string]bool{"ended": false}, "there was no hold")
	}
	consequence := only(held > 0, "; they will be handed out gradually, and their workspaces restarted")
	fmt.Fprintf(a.stderr, "the hold keeps back %d deaths%s\n", held, consequence)
	if err := a.confirm(ctx, yes, "End the hold"); err != nil {
		return err
	}
	return a.withMonitor(ctx, func(_ store.LivenessStore, m *monitor.Monitor) error {
		if err := m.EndHold(ctx); err != nil {
			return err
		}
		return a.done(map[string]any{"ended": true, "held": held}, "the hold is over; deaths are handed out gradually")
	})
}

// keptBack counts the deaths by silence that a hold keeps back, those that no monitor has
// detected yet among them: a file forgets, when it is closed, which were detected.
func keptBack(ctx context.Context, s store.LivenessStore, m *monitor.Monitor) (n int, err error) {
	deaths, err := pending(ctx, m)
	if err != nil {
		return 0, err
	}
	for _, d := range deaths {
		if d.Phase == driver.Ready && !d.Expired {
			n++
		}
	}
	sampler, ok := store.As[driver.Sampler](s)
	if r, local := store.As[driver.Reaper](s); !ok || !local || !r.Traits().Local {
		return n, nil
	}
	ids, err := sampler.Sample(ctx, 0, math.MaxInt32)
	if err != nil {
		return 0, err
	}
	seen, err := sampler.Look(ctx, ids)
	for _, sighting := range seen {
		if sighting.State == driver.Vanished {
			n++
		}
	}
	return n, err
}
