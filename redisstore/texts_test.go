package redisstore_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// secret is the password of every server and URL of TestWhatAUserReads.
const secret = "Opens3same"

// A user who opens a store with a wrong address, or on a server that is set up
// wrongly, reads what is wrong and what would be right, and no password.
//
// Without the advice it fails for sixteen of the cases.
func TestWhatAUserReads(t *testing.T) {
	t.Parallel()
	const unanswered = "no answer within 500ms"
	ctx := context.Background()
	for name, c := range map[string]struct {
		url   func(t *testing.T) string
		kind  error
		wrong string   // what is said to be wrong
		right []string // what is said to be right
	}{
		"nothing listens": {
			url:  func(t *testing.T) string { return "redis://:" + secret + "@127.0.0.1:1" },
			kind: store.ErrUnavailable, wrong: "127.0.0.1:1: connect: connection refused", right: []string{"want the address of a Redis"},
		},
		"an HTTP server listens": {
			url: func(t *testing.T) string {
				h := httptest.NewServer(http.NotFoundHandler())
				t.Cleanup(h.Close)
				return "redis://:" + secret + "@" + h.Listener.Addr().String()
			},
			kind: store.ErrUnavailable, wrong: "is no Redis", right: []string{"6379"},
		},
		"a wrong password": {
			url: func(t *testing.T) string {
				return "redis://:" + secret + "@" + redistest.Start(t, "--requirepass", "another").Addr()
			},
			kind: store.ErrUnavailable, wrong: "invalid username-password pair", right: []string{"want a user and a password that the server knows"},
		},
		"an unknown user": {
			url: func(t *testing.T) string {
				return "redis://nobody:" + secret + "@" + redistest.Start(t, "--requirepass", secret).Addr()
			},
			kind: store.ErrUnavailable, wrong: "invalid username-password pair", right: []string{"want a user"},
		},
		"no password where one is needed": {
			url:  func(t *testing.T) string { return "redis://" + redistest.Start(t, "--requirepass", secret).Addr() },
			kind: store.ErrUnavailable, wrong: "Authentication required", right: []string{"redis://:password@host"},
		},
		"a database out of range": {
			url:  func(t *testing.T) string { return guarded(t) + "/99" },
			kind: store.ErrUnavailable, wrong: "DB index is out of range", right: []string{"fewer databases", "/0"},
		},
		"a database that is no number": {
			url:  func(t *testing.T) string { return "redis://:" + secret + "@127.0.0.1/main" },
			kind: store.ErrInvalid, wrong: "invalid database number", right: []string{`"main"`},
		},
		"maxclients reached": {
			url: func(t *testing.T) string {
				server := redistest.Start(t, "--maxclients", "4")
				for range 20 {
					c, err := net.Dial("tcp", server.Addr())
					require.NoError(t, err)
					t.Cleanup(func() { c.Close() })
				}
				time.Sleep(100 * time.Millisecond)
				return "redis://:" + secret + "@" + server.Addr()
			},
			kind: store.ErrUnavailable, right: []string{"maxclients"},
		},
		"TLS to a server without": {
			url:  func(t *testing.T) string { return "rediss://:" + secret + "@" + redistest.Start(t).Addr() },
			kind: store.ErrUnavailable, wrong: unanswered, right: []string{"want redis://"},
		},
		"TLS to a server without, a Cluster": {
			url: func(t *testing.T) string {
				return "rediss://:" + secret + "@" + redistest.Start(t).Addr() + "?cluster=true"
			},
			kind: store.ErrUnavailable, wrong: unanswered, right: []string{"want redis://"},
		},
		"TLS to an HTTP server": {
			url: func(t *testing.T) string {
				h := httptest.NewServer(http.NotFoundHandler())
				t.Cleanup(h.Close)
				return "rediss://:" + secret + "@" + h.Listener.Addr().String()
			},
			kind: store.ErrUnavailable, wrong: "does not speak TLS", right: []string{"want redis://"},
		},
		"no TLS to a server with": {
			url:  func(t *testing.T) string { addr, _ := encrypted(t); return "redis://:" + secret + "@" + addr },
			kind: store.ErrUnavailable, wrong: "the server closed the connection", right: []string{"rediss://"},
		},
		"an authority that the system does not know": {
			url:  func(t *testing.T) string { addr, _ := encrypted(t); return "rediss://:" + secret + "@" + addr },
			kind: store.ErrUnavailable, wrong: "unknown authority", right: []string{"SSL_CERT_FILE", "TLSConfig"},
		},
		"EVAL renamed": {
			url:  func(t *testing.T) string { return guarded(t, "--rename-command", "EVAL", "") },
			kind: store.ErrUnavailable, wrong: "unknown command 'eval'", right: []string{"renamed", "EVAL"},
		},
		"EVALSHA renamed": {
			url:  func(t *testing.T) string { return guarded(t, "--rename-command", "EVALSHA", "") },
			kind: store.ErrUnavailable, wrong: "unknown command 'evalsha'", right: []string{"renamed", "EVALSHA"},
		},
		"TIME renamed": {
			url:  func(t *testing.T) string { return guarded(t, "--rename-command", "TIME", "") },
			kind: store.ErrUnavailable, wrong: "nknown ", right: []string{"renamed", "TIME"},
		},
		"HELLO renamed, and a wrong password": { // old servers answer with the password that they were sent
			url: func(t *testing.T) string {
				return "redis://:" + secret + "@" + redistest.Start(t, "--requirepass", "another", "--rename-command", "HELLO", "").Addr()
			},
			kind: store.ErrUnavailable, wrong: "invalid username-password pair",
		},
		"EVAL forbidden": {
			url:  func(t *testing.T) string { return allowed(t, "~*", "+@all", "-eval", "-evalsha") },
			kind: store.ErrUnavailable, wrong: "NOPERM", right: []string{"permissions in the documentation of redisstore", "EVAL"},
		},
		"TIME forbidden": {
			url:  func(t *testing.T) string { return allowed(t, "~*", "+@all", "-time") },
			kind: store.ErrUnavailable, wrong: "script", right: []string{"permissions in the documentation of redisstore", "TIME"},
		},
		"other keys": {
			url:  func(t *testing.T) string { return allowed(t, "~other:*", "+@all") },
			kind: store.ErrUnavailable, wrong: "NOPERM", right: []string{`keys that begin with "ws:"`},
		},
		"a URL of a Cluster of a server that is none": {
			url:  func(t *testing.T) string { return guarded(t) + "?cluster=true" },
			kind: store.ErrUnavailable, wrong: "cluster support disabled", right: []string{"without cluster=true"},
		},
		"a URL of a sentinel of a server that is none": {
			url: func(t *testing.T) string {
				return "redis://" + redistest.Start(t).Addr() + "?master_name=m&password=" + secret
			},
			kind: store.ErrUnavailable, wrong: "unknown command", right: []string{"no sentinel", "26379", "without master_name"},
		},
		"a plain URL of a Cluster": {
			url:  func(t *testing.T) string { return "redis://:" + secret + "@" + redistest.StartCluster(t, 3).Addrs()[0] },
			kind: store.ErrInvalid, wrong: "a node of a Redis Cluster", right: []string{"?cluster=true"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			timeout := 20 * time.Second // for an answer that a busy machine may delay
			if c.wrong == unanswered {
				timeout = 500 * time.Millisecond
			}
			err := use(ctx, c.url(t), redisstore.Options{Timeout: timeout, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			require.ErrorIs(t, err, c.kind)
			t.Log(err)
			assert.ErrorContains(t, err, c.wrong)
			for _, right := range c.right {
				assert.ErrorContains(t, err, right)
			}
			assert.NotContains(t, err.Error()+log.String(), secret)
			assert.NotContains(t, err.Error(), "KEYS", "a script in the text")
		})
	}
}

// use opens a store and has one call made of every kind, until one fails.
func use(ctx context.Context, url string, o redisstore.Options) error {
	s, err := redisstore.Open(ctx, url, o)
	if err != nil {
		return err
	}
	defer s.Close()
	for id := range strings.FieldsSeq("a b c d e f g h") { // some slots of a Cluster
		if err := s.SetOnline(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// guarded starts a server that wants the password, and returns its URL.
func guarded(t *testing.T, config ...string) string {
	t.Helper()
	return "redis://:" + secret + "@" + redistest.Start(t, append(config, "--requirepass", secret)...).Addr()
}

// allowed starts a server with a user who may do what the rules say, and returns
// that user's URL.
func allowed(t *testing.T, rules ...any) string {
	t.Helper()
	server := redistest.Start(t)
	require.NoError(t, server.Client(t).Do(context.Background(), append([]any{"ACL", "SETUSER", "agent", "on", ">" + secret}, rules...)...).Err())
	return "redis://agent:" + secret + "@" + server.Addr()
}

// A server in protected mode refuses whoever comes from another machine. A client
// bound to an address of this machine that is not of the loopback counts as such.
func TestProtectedModeSaysSo(t *testing.T) {
	from := outward(t)
	server := redistest.Start(t, "--protected-mode", "yes")
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true, DisableIdentity: true,
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}
			return d.DialContext(ctx, network, addr)
		},
	})
	t.Cleanup(func() { client.Close() })
	s, err := redisstore.New(client, redisstore.Options{})
	require.NoError(t, err)
	for range 20 { // the server's text, or that the connection was closed
		err = s.SetOnline(context.Background(), "a")
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "protected mode")
	}
	t.Log(err)
}

// outward returns an address of this machine that is not of the loopback.
func outward(t *testing.T) net.IP {
	addrs, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP
		}
	}
	t.Skip("this machine has no address but that of the loopback")
	return nil
}

// A short password is a part of many words, which stay as they are.
//
// It fails if the password is replaced anywhere.
func TestAShortPasswordGarblesNoText(t *testing.T) {
	ctx := context.Background()
	for _, short := range []string{"e", "or", "user", "ERR"} {
		server := redistest.Start(t, "--requirepass", "another")
		for _, url := range []string{"redis://:%@" + server.Addr(), "redis://:%@127.0.0.1:1", "redis://:%@127.0.0.1:1/x", "rediss://:%@" + server.Addr()} {
			_, err := redisstore.Open(ctx, strings.Replace(url, "%", short, 1), redisstore.Options{Timeout: 200 * time.Millisecond})
			require.Error(t, err)
			require.NotContains(t, err.Error(), "***", short)
		}
	}
}

// A server that does not know a command repeats what it was sent, in quotes.
func TestAServerThatRepeatsAPasswordIsNotQuoted(t *testing.T) {
	for _, p := range []string{"e", secret} {
		url := "redis://:" + p + "@" + answering(t, "-ERR Protocol error: cannot read 'AUTH' '"+p+"'\r\n")
		_, err := redisstore.Open(context.Background(), url, redisstore.Options{})
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "'***'")
		require.NotContains(t, err.Error(), "'"+p+"'")
	}
}

// answering returns the address of a server that has one answer to everything.
func answering(t *testing.T, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go func() {
				for buffer := make([]byte, 1<<12); ; {
					if _, err := c.Read(buffer); err != nil {
						return
					}
					if _, err := c.Write([]byte(answer)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// The environment variable SSL_CERT_FILE names an authority for all that a process
// connects to: it is read once, so that a process of its own shows it.
func TestAPrivateAuthorityIsNamedByTheEnvironment(t *testing.T) {
	const variable = "REDISSTORE_TEST_TLS_URL"
	ctx := context.Background()
	if url := os.Getenv(variable); url != "" { // this is the child
		require.NoError(t, use(ctx, url, redisstore.Options{}))
		return
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("this system has a store of authorities of its own, which is to be told")
	}
	addr, authority := encrypted(t)
	run := func(env ...string) (string, error) {
		child := exec.CommandContext(within(t, time.Minute), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
		child.Env = append(append(os.Environ(), variable+"=rediss://"+addr), env...)
		out, err := child.CombinedOutput()
		return string(out), err
	}
	out, err := run("SSL_CERT_FILE=" + authority)
	require.NoError(t, err, out)
	out, err = run("SSL_CERT_FILE=", "SSL_CERT_DIR="+t.TempDir())
	require.Error(t, err)
	require.Contains(t, out, "unknown authority")
}

// encrypted starts a server that speaks TLS, and returns its address and a file with
// the authority of its certificate.
func encrypted(t testing.TB) (addr, authority string) {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	now := time.Now()
	certificate := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
	}
	public, err := x509.CreateCertificate(rand.Reader, &certificate, &certificate, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	write := func(name, kind string, bytes []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600))
		return path
	}
	authority = write("authority.pem", "CERTIFICATE", public)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr = l.Addr().String()
	require.NoError(t, l.Close())
	port := l.Addr().(*net.TCPAddr).Port
	redistest.Start(t, "--tls-port", strconv.Itoa(port), "--tls-auth-clients", "no",
		"--tls-cert-file", authority, "--tls-key-file", write("key.pem", "PRIVATE KEY", private), "--tls-ca-cert-file", authority)
	return addr, authority
}
