package peers

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
	"github.com/molecule-ai/liveness/store"
)

// lifetime is that of everything: nothing ends while it is measured.
const lifetime = time.Hour

// bench measures one row of the goals, in so many rounds, and prints a line for
// each of its results.
type bench struct {
	*testing.T
	rounds int
	out    io.Writer
}

func (b *bench) print(r goals.Result) {
	fmt.Fprintln(b.out, r)
}

// must ends the test if there is an error.
func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// closing closes with the test.
func (b *bench) closing(c io.Closer) {
	b.Cleanup(func() { b.must(c.Close()) })
}

// alone measures with resources that are closed before it returns.
func (b *bench) alone(measure func(*bench)) {
	b.Run("alone", func(t *testing.T) { measure(&bench{t, b.rounds, b.out}) })
}

// every does something again and again until the end of the test.
func (b *bench) every(interval time.Duration, do func() error) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-time.After(interval):
				if err := do(); err != nil {
					b.Error(err)
				}
			}
		}
	}()
	b.Cleanup(func() {
		close(end)
		<-ended
	})
}

// setOnline makes the workspaces online.
func (b *bench) setOnline(s store.LivenessStore, ids []string) {
	load{callers: 256, ids: ids}.run(b, s.SetOnline)
}

// cacheURLs gives each workspace a URL.
func (b *bench) cacheURLs(s store.LivenessStore, ids []string) {
	load{callers: 256, ids: ids}.run(b, func(ctx context.Context, id string) error {
		return s.CacheURL(ctx, id, address(id))
	})
}

func address(id string) string { return "https://" + id + ".example.com:8080/agent" }

func lifetimes() store.TTLs { return store.TTLs{Liveness: lifetime, URL: lifetime} }

// isOnline is the call that asks a store for one that is online.
func isOnline(s store.LivenessStore) call {
	return func(ctx context.Context, id string) error {
		return found(s.IsOnline(ctx, id))
	}
}

func getURL(s store.LivenessStore) call {
	return func(ctx context.Context, id string) error {
		_, err := s.GetCachedURL(ctx, id)
		return err
	}
}
