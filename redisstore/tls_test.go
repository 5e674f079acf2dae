package redisstore_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// tlsCalls makes calls by clients that trust the authority of the server, and others that
// trust another one or want another name. It returns how many were served and refused.
func tlsCalls(t testing.TB, skip bool) (served, refused int) {
	addr, authority := encrypted(t)
	_, other := encrypted(t)
	trusting := func(path string) *x509.CertPool {
		pem, err := os.ReadFile(path)
		require.NoError(t, err)
		pool := x509.NewCertPool()
		require.True(t, pool.AppendCertsFromPEM(pem))
		return pool
	}
	call := func(n int, c *tls.Config) error {
		c.InsecureSkipVerify = skip
		client := redis.NewClient(&redis.Options{Addr: addr, TLSConfig: c, MaxRetries: -1, ContextTimeoutEnabled: true})
		defer client.Close()
		s, err := redisstore.New(client, redisstore.Options{})
		require.NoError(t, err)
		defer s.Close()
		return s.SetOnline(t.Context(), fmt.Sprint("agent-", n))
	}
	for n := range 5 {
		require.NoError(t, call(n, &tls.Config{RootCAs: trusting(authority)}))
		served++
		for _, wrong := range []*tls.Config{
			{RootCAs: trusting(other)}, {RootCAs: trusting(authority), ServerName: "elsewhere"}, {RootCAs: x509.NewCertPool()},
		} {
			require.ErrorIs(t, call(n, wrong), store.ErrUnavailable, "a certificate that is wrong")
			refused++
		}
	}
	return served, refused
}

func TestTLSWantsTheRightCertificate(t *testing.T) {
	t.Parallel()
	served, refused := tlsCalls(t, false)
	board.Row(t, "TLS: the right certificate and wrong ones", board.Figures{Operations: served, Faults: refused, FloorOperations: 5, FloorFaults: 15})
}

func TestAClientThatTrustsAnyCertificateIsFound(t *testing.T) {
	attempt.Found(t, "a certificate that is wrong", func(a *attempt.T) { tlsCalls(a, true) })
}
