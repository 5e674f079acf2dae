package doctor

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// advice is the reason of an error, and what mends it.
type advice struct {
	sign string // in the text of the error
	mend string
}

// advices are for errors of a server. The first that fits counts.
func advices() []advice {
	return []advice{
		{"NOPERM", "Give the user the rights that redisstore needs: see the check rights."},
		{"WRONGPASS", "Use a user and a password that the server knows; escape / ? # @ and % in them."},
		{"NOAUTH", "Give a password: redis://user:password@host or redis://:password@host."},
		{"READONLY", "Use the URL of the master, or one with master_name=NAME, so that the sentinels name it. Only if the master is gone for good, make this server the master: redis-cli REPLICAOF NO ONE."},
		{"NOREPLICAS", "Bring the replicas back, or ask for fewer: redis-cli CONFIG SET min-replicas-to-write 0."},
		{"MISCONF", "Mend the disk of the server, then redis-cli BGSAVE. To take writes meanwhile: redis-cli CONFIG SET stop-writes-on-bgsave-error no."},
		{"OOM", "Give the server more memory: redis-cli CONFIG SET maxmemory BYTES."},
		{"CLUSTERDOWN", "Bring the master of the missing slots back, or repair them: redis-cli --cluster fix HOST:PORT."},
		{"MASTERDOWN", "Bring the master back, or use its URL."},
		{"LOADING", "Wait until the server has loaded its data, and run this again."},
		{"BUSY ", "A script of another program blocks the server: redis-cli SCRIPT KILL."},
		{"max number of clients", "Raise the limit: redis-cli CONFIG SET maxclients N. Or use fewer clients."},
		{"DB index is out of range", "Use a database below the setting databases of the server, such as /0."},
		{"cluster support disabled", "Leave cluster=true and addr= out of the URL: the server is not a Cluster."},
		{"MOVED", "Add cluster=true to the URL: the server is a node of a Cluster."},
		{"ASK ", "Wait until the slots have moved, and run this again."},
	}
}

// mend says how to mend what made a server, or the way to it, fail.
func mend(err error) string {
	var timeout net.Error
	for _, a := range advices() {
		if strings.Contains(err.Error(), a.sign) {
			return a.mend
		}
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Start the server, or use the address of one that runs: nothing listens there."
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "Use rediss:// if the server wants TLS; look for protected-mode and maxclients in its configuration: it closes the connection."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "Look whether the server hangs, a firewall drops what is sent, or it speaks no TLS where the URL says rediss://."
	}
	return "Look at the log of the server, and whether the URL is right."
}

// exact gives the commands in a finding the address of the server.
func exact(findings []Finding, addr string) []Finding {
	cli := "redis-cli -s " + addr + " "
	if host, port, err := net.SplitHostPort(addr); err == nil {
		cli = "redis-cli -h " + host + " -p " + port + " "
	}
	for i := range findings {
		findings[i].Mend = strings.ReplaceAll(findings[i].Mend, "redis-cli ", cli)
	}
	return findings
}

// failed is the finding that a server does not do what a check asks of it.
func failed(level Level, what string, err error) Finding {
	return bad(level, mend(err), "%s: %s", what, text(err))
}

// forbidden is the finding that a check needs a command that fails.
func forbidden(command string, err error) Finding {
	advice := "Run this as a user with the right to run " + command + ": the operator needs it, the platform does not."
	if !redis.IsPermissionError(err) && !strings.Contains(err.Error(), "unknown command") {
		advice = mend(err)
	}
	return bad(Unknown, advice, "%s is needed to know: %s", command, text(err))
}

// text returns the text of an error without the part that repeats a request, in which
// a password may be.
func text(err error) string {
	said, _, _ := strings.Cut(err.Error(), ", with args beginning with")
	return strings.TrimSuffix(said, ".")
}
