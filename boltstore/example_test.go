package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/store"
)

func Example() {
	dir, err := os.MkdirTemp("", "edge")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	open := func() *boltstore.Store {
		s, err := boltstore.Open(filepath.Join(dir, "liveness.db"), boltstore.Options{})
		if err != nil {
			log.Fatal(err)
		}
		return s
	}

	s := open()
	registered, err := store.Heartbeat(ctx, s, "agent-7")
	fmt.Println("registered:", registered, err)
	fmt.Println("cached:", s.CacheURL(ctx, "agent-7", "http://10.0.0.7:8080"))
	fmt.Println("closed:", s.Close())

	s = open() // after a restart
	defer s.Close()
	online, err := s.IsOnline(ctx, "agent-7")
	fmt.Println("online:", online, err)
	url, err := s.GetCachedURL(ctx, "agent-7")
	fmt.Println("reached at:", url, err)
	// Output:
	// registered: true <nil>
	// cached: <nil>
	// closed: <nil>
	// online: true <nil>
	// reached at: http://10.0.0.7:8080 <nil>
}

// path returns where an example keeps its file, and removes it in the end.
func path() (file string, remove func()) {
	dir, err := os.MkdirTemp("", "edge")
	if err != nil {
		log.Fatal(err)
	}
	return filepath.Join(dir, "liveness.db"), func() { os.RemoveAll(dir) }
}

// One process at a time has the file open. The next one waits for it.
func ExampleOpen() {
	file, remove := path()
	defer remove()
	options := boltstore.Options{
		LockTimeout: 10 * time.Millisecond,
		Checkpoint:  30 * time.Second, // few writes for an old SD card
		OnCorrupt:   boltstore.CorruptSetAside,
		MaxDeaths:   10_000,
	}
	s, err := boltstore.Open(file, options)
	if err != nil {
		log.Fatal(err)
	}
	_, err = boltstore.Open(file, options)
	fmt.Println("locked:", errors.Is(err, store.ErrLocked))
	_ = s.Close()

	s, err = boltstore.Open(file, options)
	fmt.Println("opened:", err)
	_ = s.Close()
	// Output:
	// locked: true
	// opened: <nil>
}

// A damaged file is an error, unless it may be set aside. The file of another application
// is left alone in any case.
func ExampleOnCorrupt() {
	file, remove := path()
	defer remove()
	s, err := boltstore.Open(file, boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_ = s.Close()
	_ = os.Truncate(file, 1<<14) // and most of it is lost

	_, err = boltstore.Open(file, boltstore.Options{OnCorrupt: boltstore.CorruptRefuse})
	fmt.Println("corrupt:", errors.Is(err, store.ErrCorrupt))

	s, err = boltstore.Open(file, boltstore.Options{OnCorrupt: boltstore.CorruptSetAside})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	aside, _ := filepath.Glob(file + ".corrupt-*")
	fmt.Println("set aside:", len(aside))
	// Output:
	// corrupt: true
	// set aside: 1
}

// Inspect also reads the file of a store that is open.
func ExampleInspect() {
	file, remove := path()
	defer remove()
	s, err := boltstore.Open(file, boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	_ = s.Register(ctx, "agent-7", "https://agent-7.example.com", "")

	found, err := boltstore.Inspect(ctx, file)
	fmt.Println(len(found.Remaining), "online,", found.Deaths, "deaths,", found.URLs, "URL, closed:", found.Clean, err)
	// Output: 1 online, 0 deaths, 1 URL, closed: false <nil>
}

func ExampleCompact() {
	file, remove := path()
	defer remove()
	s, err := boltstore.Open(file, boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for i := range 20 {
		_ = s.SetOnline(ctx, fmt.Sprint("agent-", i))
	}
	_ = s.Close() // Compact is for a file that no store has open

	before, after, err := boltstore.Compact(file, boltstore.Options{})
	fmt.Println(after <= before, err)
	// Output: true <nil>
}

// What returned without an error is on the disk, and survives a crash.
func ExampleStore_Register() {
	file, remove := path()
	defer remove()
	s, err := boltstore.Open(file, boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_ = s.Register(ctx, "agent-7", "https://agent-7.example.com", "http://10.0.0.7:8080")
	_ = s.SetOnlineFor(ctx, "agent-8", 20*time.Minute)
	_ = s.Expire(ctx, "agent-8")
	_ = s.Close()

	s, err = boltstore.Open(file, boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	status, err := s.Lookup(ctx, "agent-7")
	fmt.Println(status.URL, status.InternalURL, err)
	fmt.Println(s.Count(ctx))
	fmt.Println(s.ClearMany(ctx, []string{"agent-7", "agent-8"}))
	// Output:
	// https://agent-7.example.com http://10.0.0.7:8080 <nil>
	// 1 <nil>
	// <nil>
}
