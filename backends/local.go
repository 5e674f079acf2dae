package backends

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

func openMemory(ctx context.Context, raw string, o Options) (store.LivenessStore, error) {
	if _, rest, _ := strings.Cut(raw, ":"); rest != "" && rest != "//" {
		return nil, invalid("something follows memory: which is a whole URL, without a path and without parameters")
	}
	if err := ctx.Err(); err != nil {
		return nil, &store.Error{Op: op, Err: err}
	}
	s, err := memstore.New(memstore.Options{TTLs: o.TTLs, KeepDeaths: o.KeepDeaths, Logger: o.Logger, MaxOnline: o.MaxOnline, MaxDeaths: o.MaxDeaths})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func openBolt(ctx context.Context, raw string, o Options) (store.LivenessStore, error) {
	path, err := boltPath(raw)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, &store.Error{Op: op, Err: err}
	}
	s, err := boltstore.Open(path, boltstore.Options{
		TTLs: o.TTLs, KeepDeaths: o.KeepDeaths, Logger: o.Logger, Checkpoint: o.Checkpoint, OnCorrupt: o.OnCorrupt, MaxDeaths: o.MaxDeaths,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// boltPath returns the path in a URL of the scheme bolt.
func boltPath(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", invalid("the URL after bolt: does not parse; %s", wantBolt)
	}
	path, err := url.PathUnescape(u.Opaque)
	if err != nil {
		return "", invalid("the path after bolt: has a %% that begins no escape; write it as %%25")
	}
	path += u.Path
	switch {
	case u.Host != "" || u.User != nil:
		return "", invalid("bolt: has no host; %s", wantBolt)
	case u.RawQuery != "" || u.ForceQuery:
		return "", invalid("bolt: has no parameters, got %q; a ? in a path is written %%3F", names(u.Query()))
	case u.Fragment != "":
		return "", invalid("bolt: has no fragment; a # in a path is written %%23")
	case path == "":
		return "", invalid("bolt: names no file; %s", wantBolt)
	}
	return path, nil
}

const wantBolt = "want bolt:relative/path or bolt:///absolute/path"

// names lists parameters without their values.
func names(q url.Values) []string { return slices.Sorted(maps.Keys(q)) }
