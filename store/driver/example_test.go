package driver_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func open(ttls store.TTLs) *memstore.Store {
	s, err := memstore.New(memstore.Options{TTLs: ttls})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// A monitor in its simplest form: it sweeps, claims, and hands a death out once.
func ExampleReaper() {
	ctx, s := context.Background(), open(store.TTLs{Liveness: 100 * time.Millisecond})
	defer s.Close()
	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}

	const interval, lease = 10 * time.Millisecond, 30 * time.Second
	var claimed []driver.Death
	for len(claimed) == 0 {
		_, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: interval})
		if err != nil {
			log.Fatal(err)
		}
		claimed, err = s.Claim(ctx, 0, driver.ClaimOptions{Max: 1, Lease: lease})
		if err != nil {
			log.Fatal(err)
		}
		time.Sleep(interval)
	}
	d := claimed[0]
	standing, err := s.Begin(ctx, d) // is it still offline?
	fmt.Println(d.ID, "attempt", d.Attempt, standing, err)
	// Here the handler runs, and Extend is called before the lease ends.
	fmt.Println(s.Acknowledge(ctx, d))
	// Output:
	// agent-7 attempt 1 held <nil>
	// true <nil>
}

// The owner's list names a workspace that never registered.
func ExampleReconciler() {
	ctx, s := context.Background(), open(store.TTLs{})
	defer s.Close()
	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}

	_, err := s.Adopt(ctx, 0, []string{"agent-7", "agent-8"}, time.Now())
	fmt.Println(err)
	for d, err := range s.Deaths(ctx, 0) {
		fmt.Println(d.ID, d.Phase, "adopted:", d.Adopted, err)
	}
	// Output:
	// <nil>
	// agent-8 ready adopted: true <nil>
}

// A monitor looks at single workspaces.
func ExampleSampler() {
	ctx, s := context.Background(), open(store.TTLs{})
	defer s.Close()
	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}

	seen, err := s.Look(ctx, []string{"agent-7", "agent-8"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(seen[0].State == driver.Online, seen[0].Remaining.Round(time.Minute))
	fmt.Println(seen[1].State == driver.Unknown)
	// Output:
	// true 3m0s
	// true
}

// The data of one store is carried to another, and a minute passes on the way.
func ExampleRestorer() {
	ctx, from, to := context.Background(), open(store.TTLs{}), open(store.TTLs{})
	defer from.Close()
	defer to.Close()
	if err := store.Register(ctx, from, "agent-7", "https://agent-7.example", ""); err != nil {
		log.Fatal(err)
	}

	var records []driver.Record
	for r, err := range from.Dump(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		records = append(records, r.After(time.Minute))
	}
	fmt.Println(to.Restore(ctx, records))
	status, err := store.Lookup(ctx, to, "agent-7")
	fmt.Println(status.ID, status.Remaining.Round(time.Minute), status.URL, err)
	// Output:
	// <nil>
	// agent-7 2m0s https://agent-7.example <nil>
}

// A life that runs out on the way is a death.
func ExampleRecord_After() {
	r := driver.Record{ID: "agent-7", Remaining: time.Minute}.After(90 * time.Second)
	fmt.Println(r.Remaining, r.Death.Ago)
	// Output: 0s 30s
}

// No sweep came for a minute: for a minute and a heartbeat nothing is handed out.
func ExampleTraits_GraceEnd() {
	traits := driver.Traits{} // a TTL of three minutes, a heartbeat every 30 s
	now := time.Now()
	last := now.Add(-time.Minute)
	end := traits.GraceEnd(driver.SweepOptions{Interval: time.Second}, now, last, time.Time{})
	fmt.Println(traits.Patience(time.Second), end.Sub(now))
	// Output: 3s 1m30s
}

// The first line of a method of a backend.
func ExampleCheck() {
	isOnline := func(ctx context.Context, id string) (bool, error) {
		if err := driver.Check(ctx, "IsOnline", id); err != nil {
			return false, err
		}
		return true, nil // the backend is asked here
	}
	_, err := isOnline(context.Background(), "a:b")
	fmt.Println(errors.Is(err, store.ErrInvalid))
	// Output: true
}

// A backend tells of its dependency's failure in the terms of package store.
func ExampleErrorf() {
	refused := errors.New("connection refused")
	err := driver.Errorf("IsOnline", "agent-7", store.ErrUnavailable, "%v", refused)
	fmt.Println(err)
	fmt.Println(errors.Is(err, store.ErrUnavailable), errors.Is(err, refused))
	// Output:
	// liveness: IsOnline "agent-7": unavailable: connection refused
	// true false
}
