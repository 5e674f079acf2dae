package benchmarks

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// fleet is workspaces that are online and have a URL.
type fleet struct {
	store store.LivenessStore
	ids   []string // in random order
}

func newFleet(tb testing.TB, backend Backend, n int) *fleet {
	const lifetime = 24 * time.Hour // nothing ends while it is measured
	f := &fleet{
		store: backend.Open(tb, store.TTLs{Liveness: lifetime, URL: lifetime}),
		ids:   make([]string, n),
	}
	for i := range f.ids {
		f.ids[i] = "workspace-" + strconv.Itoa(i)
	}
	rand.Shuffle(n, func(i, j int) { f.ids[i], f.ids[j] = f.ids[j], f.ids[i] })
	f.register(tb, n)
	return f
}

// id returns the workspace at a place, going round.
func (f *fleet) id(at int) string { return f.ids[at%len(f.ids)] }

// register makes the first n workspaces online and gives them a URL.
func (f *fleet) register(tb testing.TB, n int) {
	f.crowd(256).run(tb, n, func(ctx context.Context, at int) error {
		id := f.id(at)
		if err := f.store.SetOnline(ctx, id); err != nil {
			return err
		}
		return f.store.CacheURL(ctx, id, "https://"+id+".example.com:8080/agent")
	})
}

func (f *fleet) crowd(callers int) crowd { return crowd{callers: callers, places: len(f.ids)} }
