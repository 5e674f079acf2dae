// Package redis breaks what redisstore talks to, under callers with deadlines of their own.
//
// In killed_test.go the server is stopped, killed and restarted. In network_test.go it is
// behind a network that is bad in seven ways: proxy_test.go is the network, caller_test.go
// each of its callers. In hole_test.go the network passes nothing on, under 10,000 calls a
// second.
//
// Servers that are loading, full, read-only or evicting, TLS and the replies of scripts are
// tested in package redisstore.
package redis
