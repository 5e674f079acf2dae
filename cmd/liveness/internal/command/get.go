package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func newGet(a *app) *cobra.Command {
	return &cobra.Command{
		Use:        "get ID...",
		SuggestFor: []string{"show", "describe"},
		Short:      "Show workspaces in detail",
		Long: `Shows for each workspace whether it is online and for how long, its cached URLs, and
its death if one is pending. The exit code is 1 if one of them is offline.

With --json each is an object with id, online, remaining (ns), url, internal_url and
death.`,
		Example: `  liveness get agent-7 --store bolt:edge.db
  liveness get agent-7 agent-8 --json`,
		Args: atLeastOne("the id of a workspace"),
		RunE: func(c *cobra.Command, ids []string) error {
			if err := checkIDs(ids); err != nil {
				return err
			}
			return a.withMonitor(c.Context(), func(s store.LivenessStore, m *monitor.Monitor) error {
				return get(c.Context(), a, s, m, ids)
			})
		},
	}
}

// workspace is all that a store tells about one id.
type workspace struct {
	store.Status
	Online bool            `json:"online"`
	Death  *driver.Pending `json:"death,omitempty"`
}

func get(ctx context.Context, a *app, s store.LivenessStore, m *monitor.Monitor, ids []string) error {
	deaths, err := deathsOf(ctx, m, ids)
	if err != nil {
		return err
	}
	offline := 0
	for i, id := range ids {
		w, err := describe(ctx, s, id)
		if err != nil {
			return err
		}
		if !w.Online {
			offline++
			w.Death = deaths[id]
		}
		if i > 0 && !a.json {
			fmt.Fprintln(a.stdout)
		}
		if err := w.write(a); err != nil {
			return err
		}
	}
	if offline > 0 {
		return fmt.Errorf("%d of %d offline", offline, len(ids))
	}
	return nil
}

func (w *workspace) write(a *app) error {
	state, remaining, death := "offline", "", ""
	if w.Online {
		state, remaining = "online", span(w.Remaining)
	}
	if d := w.Death; d != nil {
		death = fmt.Sprintf("%s, by %s, %d attempts, since %s", d.Phase, by(*d), d.Attempt, at(d.Since))
	}
	return a.details(w, "id", w.ID, "state", state, "remaining", remaining,
		"url", w.URL, "internal url", w.InternalURL, "death", death)
}

// describe returns the answers of the store about a workspace, online or not.
func describe(ctx context.Context, s store.LivenessStore, id string) (workspace, error) {
	status, err := store.Lookup(ctx, s, id)
	if !errors.Is(err, store.ErrNotFound) {
		return workspace{Status: status, Online: true}, err
	}
	url, err := s.GetCachedURL(ctx, id)
	internal, err2 := s.GetCachedInternalURL(ctx, id)
	if err := cmp.Or(unlessNotFound(err), unlessNotFound(err2)); err != nil {
		return workspace{}, err
	}
	return workspace{Status: store.Status{ID: id, URL: url, InternalURL: internal}}, nil
}

func unlessNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// deathsOf returns the deaths of the workspaces that are pending.
func deathsOf(ctx context.Context, m *monitor.Monitor, ids []string) (map[string]*driver.Pending, error) {
	found := make(map[string]*driver.Pending)
	for d, err := range m.Pending(ctx) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(ids, d.ID) {
			found[d.ID] = &d
		}
	}
	return found, nil
}
