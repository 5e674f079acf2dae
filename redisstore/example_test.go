package redisstore_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"os"

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
