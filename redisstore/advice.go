package redisstore

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
)

// advice returns what would be right, to be added to the text of an error that does
// not say it, or "".
func (s *Store) advice(err error) string {
	text := err.Error()
	says := func(part string) bool { return strings.Contains(text, part) }
	var timeout net.Error
	var noTLS tls.RecordHeaderError
	var untrusted x509.UnknownAuthorityError
	switch {
	case redis.IsAuthError(err) && says("WRONGPASS"):
		return ": want a user and a password that the server knows, and / ? # @ and % in them escaped in a URL"
	case redis.IsAuthError(err):
		return ": want a password, as in redis://user:password@host or redis://:password@host"
	case pipeline.Refused(err) && says("DB index is out of range"):
		return ": the server has fewer databases: want one below its setting databases, such as /0"
	case says("cluster support disabled"):
		return ": the server is not a Cluster: want a URL without cluster=true and addr="
	case says("unknown command 'sentinel'"), says("unknown command `sentinel`"):
		return ": what listens there is no sentinel: want the port of one, 26379 by default, or a URL without master_name"
	case redis.IsMaxClientsError(err):
		return ": want a larger maxclients on the server, or fewer clients"
	case pipeline.Refused(err) && (says("NOPERM") || says("unknown command") || says("command called from") || says("can't run this command") || says("has no permissions to run")):
		return fmt.Sprintf(": want a user with the permissions in the documentation of redisstore on keys that begin with %q, and no command renamed: EVAL, EVALSHA and TIME are needed too", s.keys.prefix)
	case errors.Is(err, syscall.ECONNREFUSED):
		return ": nothing listens there: want the address of a Redis that runs"
	case says("redis: can't parse"), says("redis: invalid reply"):
		return ": what listens there is no Redis: want the port of one, 6379 by default"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		return ": the server closed the connection: if it does so each time, it wants TLS (rediss://), is in protected mode (want a password on the server), has as many clients as its maxclients allows, or is no Redis"
	case errors.As(err, &noTLS):
		return ": what listens there does not speak TLS: want redis:// in place of rediss://"
	case errors.As(err, &untrusted):
		return ": want a certificate of an authority that the system knows, the environment variable SSL_CERT_FILE with the authority's, or New with a client that has a TLSConfig"
	case errors.As(err, &timeout) && timeout.Timeout():
		return ": no answer in time" + s.unencrypted()
	}
	return ""
}

// unencrypted returns the likely reason why a server has never answered a client
// that speaks TLS, or "".
func (s *Store) unencrypted() string {
	var encrypted bool
	switch c := s.owned.(type) {
	case *redis.Client:
		encrypted = c.Options().TLSConfig != nil
	case *redis.ClusterClient:
		encrypted = c.Options().TLSConfig != nil
	}
	if !encrypted || s.verified.Load() {
		return ""
	}
	return ": a Redis without TLS does not answer rediss://, want redis:// for it"
}
