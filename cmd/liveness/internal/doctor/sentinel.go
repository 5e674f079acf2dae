package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

// sentinel is a sentinel that the URL names.
type sentinel struct {
	addr   string
	client *redis.SentinelClient
}

// master returns the address of the master that the sentinel names.
func (s sentinel) master(ctx context.Context, name string) (string, error) {
	addr, err := s.client.GetMasterAddrByName(ctx, name).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return "", errors.New("it knows no master of that name")
	case err != nil:
		return "", err
	case len(addr) != 2:
		return "", errors.New("it names no address")
	}
	return net.JoinHostPort(addr[0], addr[1]), nil
}

// agree examines whether the sentinels agree, and could elect another master.
func (t *target) agree(ctx context.Context) Finding {
	var away, named []string
	var quorum error
	for _, s := range t.sentinels {
		addr, err := s.master(ctx, t.masterName)
		if err != nil {
			away = append(away, fmt.Sprintf("%s: %s", s.addr, text(err)))
			continue
		}
		if len(named) == 0 || named[0] != addr {
			named = append(named, addr)
		}
		if err := s.client.CkQuorum(ctx, t.masterName).Err(); err != nil && quorum == nil {
			quorum = err
		}
	}
	const look = "Look at redis-cli -p 26379 SENTINEL MASTERS on each sentinel, and start those that are away."
	switch {
	case len(named) == 0:
		return bad(Wrong, look, "no sentinel names the master %q: %s", t.masterName, strings.Join(away, "; "))
	case len(named) > 1:
		return bad(Wrong, "Wait until the failover is over, and run this again. "+look, "the sentinels name different masters: %s", strings.Join(named, ", "))
	case quorum != nil:
		return bad(Wrong, look, "the sentinels could not elect another master: %s", text(quorum))
	case len(away) > 0:
		return bad(Warning, look, "%d of %d sentinels are away: %s", len(away), len(t.sentinels), strings.Join(away, "; "))
	}
	return ok("%d sentinels agree on the master %s and could elect another", len(t.sentinels), named[0])
}
