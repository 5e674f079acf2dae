package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// operation is something that callers do.
type operation struct {
	name    string
	callers []int
	do      func(f *fleet, ctx context.Context, at int) error
	ends    bool // the workspaces are offline afterwards
}

func operations() []operation {
	shared, alone := []int{1, 64}, []int{1}
	return []operation{
		{name: "refresh", callers: shared, do: (*fleet).refresh},
		{name: "setonline", callers: shared, do: (*fleet).setOnline},
		{name: "isonline", callers: shared, do: (*fleet).isOnline},
		{name: "geturl", callers: shared, do: (*fleet).getURL},
		{name: "clear", callers: shared, do: (*fleet).clear, ends: true},
		{name: "mixed", callers: shared, do: (*fleet).mixed},
		{name: "refreshmany", callers: shared, do: (*fleet).refreshMany},
		{name: "online", callers: alone, do: (*fleet).online},
		{name: "sweep", callers: alone, do: (*fleet).sweep},
	}
}

func (o operation) on(f *fleet) call {
	return func(ctx context.Context, at int) error { return o.do(f, ctx, at) }
}

func (f *fleet) refresh(ctx context.Context, at int) error {
	return f.store.RefreshTTL(ctx, f.id(at))
}

func (f *fleet) setOnline(ctx context.Context, at int) error {
	return f.store.SetOnline(ctx, f.id(at))
}

func (f *fleet) isOnline(ctx context.Context, at int) error {
	online, err := f.store.IsOnline(ctx, f.id(at))
	if err == nil && !online {
		err = fmt.Errorf("%s is offline", f.id(at))
	}
	return err
}

func (f *fleet) getURL(ctx context.Context, at int) error {
	_, err := f.store.GetCachedURL(ctx, f.id(at))
	return err
}

func (f *fleet) clear(ctx context.Context, at int) error {
	return f.store.Clear(ctx, f.id(at))
}

// mixed is the load of a platform: of 20 calls 16 are heartbeats, 3 ask which is
// online and 1 asks where.
func (f *fleet) mixed(ctx context.Context, at int) error {
	switch at % 20 {
	case 0:
		return f.getURL(ctx, at)
	case 1, 2, 3:
		return f.isOnline(ctx, at)
	}
	return f.refresh(ctx, at)
}

// refreshMany is a thousand heartbeats.
func (f *fleet) refreshMany(ctx context.Context, at int) error {
	const many = 1000
	first := at * many % len(f.ids)
	online, err := store.RefreshMany(ctx, f.store, f.ids[first:min(first+many, len(f.ids))])
	if err == nil && slices.Contains(online, false) {
		err = errors.New("a workspace is offline")
	}
	return err
}

// online lists the fleet.
func (f *fleet) online(ctx context.Context, _ int) error {
	n := 0
	for _, err := range store.Online(ctx, f.store) {
		if err != nil {
			return err
		}
		n++
	}
	if n != len(f.ids) {
		return fmt.Errorf("%d workspaces are listed, want %d", n, len(f.ids))
	}
	return nil
}

// sweep is a sweep by a monitor where no workspace has died.
func (f *fleet) sweep(ctx context.Context, _ int) error {
	r, ok := store.As[driver.Reaper](f.store)
	if !ok {
		return fmt.Errorf("%T is no driver.Reaper", f.store)
	}
	for shard := range r.Traits().Shards {
		if _, err := r.Sweep(ctx, shard, driver.SweepOptions{Interval: time.Second}); err != nil {
			return err
		}
	}
	return nil
}
