package command

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/store"
)

// setOnline is the command line of set-online.
type setOnline struct {
	ttls             store.TTLs
	once             time.Duration
	url, internalURL string
}

func newSetOnline(a *app) *cobra.Command {
	var o setOnline
	c := &cobra.Command{
		Use:   "set-online ID",
		Short: "Make a workspace online",
		Long: `Makes a workspace online for the TTL of --ttl, as if it had sent a heartbeat, and ends
its death if one is pending. With --for the TTL is granted this once, and the next
heartbeat grants the usual one again: a time to bring something up in which nothing
restarts it, and after which it is restarted.

A workspace that sends no heartbeat is dead when the time has passed.`,
		Example: `  liveness set-online agent-7 --store bolt:edge.db
  liveness set-online agent-7 --for 15m
  liveness set-online agent-7 --url https://agent-7.example.com --internal-url http://10.0.0.7:8080`,
		Args: one("the id of a workspace"),
		PreRunE: func(c *cobra.Command, ids []string) error {
			switch {
			case c.Flags().Changed("for") && c.Flags().Changed("ttl"):
				return usagef("--for and --ttl exclude each other: the TTL of --for is granted once")
			case c.Flags().Changed("for") && (o.once < store.MinTTL || o.once > store.MaxTTL):
				return usagef("--for is %v, want %v to %v", o.once, store.MinTTL, store.MaxTTL)
			case o.ttls.Liveness < store.MinTTL || o.ttls.Liveness > store.MaxTTL:
				return usagef("--ttl is %v, want %v to %v", o.ttls.Liveness, store.MinTTL, store.MaxTTL)
			case o.ttls.URL < store.MinTTL || o.ttls.URL > store.MaxTTL:
				return usagef("--url-ttl is %v, want %v to %v", o.ttls.URL, store.MinTTL, store.MaxTTL)
			}
			for flag, url := range map[string]string{"url": o.url, "internal-url": o.internalURL} {
				if err := store.CheckURL(url); err != nil && c.Flags().Changed(flag) {
					return usagef("--%s: %v", flag, err)
				}
			}
			return checkIDs(ids)
		},
		RunE: func(c *cobra.Command, ids []string) error {
			return a.with(c.Context(), backends.Options{TTLs: o.ttls}, func(s store.LivenessStore) error {
				if err := o.run(c.Context(), s, ids[0]); err != nil {
					return err
				}
				ttl := cmp.Or(o.once, o.ttls.Liveness)
				return a.done(store.Status{ID: ids[0], Remaining: ttl, URL: o.url, InternalURL: o.internalURL}, "%s is online for %s", ids[0], span(ttl))
			})
		},
	}
	f := c.Flags()
	f.DurationVar(&o.ttls.Liveness, "ttl", store.DefaultLivenessTTL, "`time` for which it is online")
	f.DurationVar(&o.once, "for", 0, "`time` for which it is online this once")
	f.StringVar(&o.url, "url", "", "public `URL` to cache")
	f.StringVar(&o.internalURL, "internal-url", "", "`URL` to cache for the container network")
	f.DurationVar(&o.ttls.URL, "url-ttl", store.DefaultURLTTL, "`time` for which the URLs are cached")
	return c
}

func (o setOnline) run(ctx context.Context, s store.LivenessStore, id string) error {
	if o.once == 0 {
		return store.Register(ctx, s, id, o.url, o.internalURL)
	}
	// URLs first: a workspace that is seen online can be reached.
	if o.url != "" {
		if err := s.CacheURL(ctx, id, o.url); err != nil {
			return err
		}
	}
	if o.internalURL != "" {
		if err := s.CacheInternalURL(ctx, id, o.internalURL); err != nil {
			return err
		}
	}
	return store.SetOnlineFor(ctx, s, id, o.once)
}
