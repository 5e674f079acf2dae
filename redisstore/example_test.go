package redisstore_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func Example() {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	ctx := context.Background()
	s, err := redisstore.Open(ctx, "redis://"+server.Addr(), redisstore.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	registered, err := store.Heartbeat(ctx, s, "agent-1")
	fmt.Println("registered:", registered, err)

	server.FastForward(store.DefaultLivenessTTL)
	online, err := s.IsOnline(ctx, "agent-1")
	fmt.Println("online:", online, err)
	fmt.Println("not found:", errors.Is(s.RefreshTTL(ctx, "agent-1"), store.ErrNotFound))

	// Output:
	// registered: true <nil>
	// online: false <nil>
	// not found: true
}

// An outage is not offline: the store says that it does not know.
func Example_outage() {
	ctx := context.Background()
	const nothingListens = "redis://127.0.0.1:1"
	s, err := redisstore.Open(ctx, nothingListens, redisstore.Options{Lazy: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	online, err := s.IsOnline(ctx, "agent-7")
	switch {
	case errors.Is(err, store.ErrUnavailable):
		fmt.Println("not known: leave the workspace alone")
	case err != nil:
		fmt.Println(err)
	case !online:
		fmt.Println("offline")
	}
	// Output:
	// not known: leave the workspace alone
}

// An application that publishes events on the same Redis shares one client with the
// store.
func ExampleNewClient() {
	ctx, options := context.Background(), redisstore.Options{}
	client, err := redisstore.NewClient(os.Getenv("REDIS_URL"), options)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	s, err := redisstore.New(client, options)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close() // before the client

	if err := store.Register(ctx, s, "agent-7", "https://agent-7.example", ""); err != nil {
		log.Fatal(err)
	}
	client.Publish(ctx, "registered", "agent-7")
}

// A server with TLS whose certificate is of a private authority. With Open the
// authority can be named by the environment variable SSL_CERT_FILE, for all that the
// process connects to.
func ExampleNew_privateAuthority() {
	authority, err := os.ReadFile("/etc/redis/authority.pem")
	if err != nil {
		fmt.Println(err)
		return
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	client := redis.NewClient(&redis.Options{
		Addr:                  "redis.internal:6379",
		TLSConfig:             &tls.Config{RootCAs: roots}, // and Certificates, if the server wants the client's
		MaxRetries:            -1,
		ContextTimeoutEnabled: true,
	})
	defer client.Close()
	s, err := redisstore.New(client, redisstore.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
}

// redisServer returns a server for an example, and stops it in the end.
func redisServer() (server *miniredis.Miniredis, stop func()) {
	server = miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
	return server, server.Close
}

// Two fleets on one server have two prefixes. Every call returns within a second.
func ExampleOpen() {
	server, stop := redisServer()
	defer stop()
	ctx := context.Background()
	s, err := redisstore.Open(ctx, "redis://"+server.Addr(), redisstore.Options{
		TTLs:    store.TTLs{Liveness: 10 * time.Minute},
		Prefix:  "eu:",
		Timeout: time.Second,
		Logger:  slog.Default(),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	_ = s.SetOnline(ctx, "agent-7")
	fmt.Println(server.TTL("eu:agent-7"))
	// Output: 10m0s
}

// A client of the application, which heeds the deadlines of contexts. The store sends no
// command twice, whatever the other options of the client are.
func ExampleNew() {
	server, stop := redisServer()
	defer stop()
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true})
	defer client.Close()
	s, err := redisstore.New(client, redisstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close() // before the client
	fmt.Println(s.Ping(context.Background()))
	// Output: <nil>
}

// A standalone server that is to become a Cluster has the layout of one from the
// beginning. The layout is recorded in the data: a store with another is refused.
func ExampleLayout() {
	server, stop := redisServer()
	defer stop()
	ctx, url := context.Background(), "redis://"+server.Addr()
	tagged, err := redisstore.Open(ctx, url, redisstore.Options{Layout: redisstore.LayoutTagged})
	if err != nil {
		log.Fatal(err)
	}
	defer tagged.Close()
	_ = tagged.SetOnline(ctx, "agent-7")
	fmt.Println(redisstore.LayoutTagged, server.Exists("ws:{18}agent-7"))

	_, err = redisstore.Open(ctx, url, redisstore.Options{Layout: redisstore.LayoutFlat})
	fmt.Println(redisstore.LayoutFlat, errors.Is(err, store.ErrInvalid))
	// Output:
	// tagged true
	// flat true
}

// What one process writes, every other one sees.
func ExampleStore_Register() {
	server, stop := redisServer()
	defer stop()
	ctx, url := context.Background(), "redis://"+server.Addr()
	gateway, err := redisstore.Open(ctx, url, redisstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer gateway.Close()
	proxy, err := redisstore.Open(ctx, url, redisstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer proxy.Close()

	_ = gateway.Register(ctx, "agent-7", "https://agent-7.example.com", "http://10.0.0.7:8080")
	status, err := proxy.Lookup(ctx, "agent-7")
	fmt.Println(status.Remaining, status.InternalURL, err)
	_ = proxy.RefreshFor(ctx, "agent-7", 20*time.Minute) // it is about to be busy
	_ = gateway.Expire(ctx, "agent-7")                   // its container is gone
	fmt.Println(proxy.IsOnline(ctx, "agent-7"))
	// Output:
	// 3m0s http://10.0.0.7:8080 <nil>
	// false <nil>
}

// Heartbeats of a whole host are one round trip.
func ExampleStore_RefreshMany() {
	server, stop := redisServer()
	defer stop()
	ctx := context.Background()
	s, err := redisstore.Open(ctx, "redis://"+server.Addr(), redisstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	_ = s.SetOnline(ctx, "agent-7")
	fmt.Println(s.RefreshMany(ctx, []string{"agent-7", "agent-8"}))
	fmt.Println(s.ClearMany(ctx, []string{"agent-7", "agent-8"}))
	fmt.Println(s.Count(ctx))
	// Output:
	// [true false] <nil>
	// <nil>
	// 0 <nil>
}
