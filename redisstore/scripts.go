package redisstore

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// script is a Lua program, which the server runs as one atomic step.
type script struct{ source, digest string }

func newScript(parts ...string) script {
	source := strings.Join(parts, "\n")
	sum := sha1.Sum([]byte(source))
	return script{source, hex.EncodeToString(sum[:])}
}

// scripts are all that a store runs.
type scripts struct {
	setOnline, clear                  script
	sweep, claim                      script
	extend, acknowledge, putBack      script
	adopt, disown, note               script
	searched, turn, found, endOfAPass script
}

func newScripts() scripts {
	return scripts{
		setOnline:   newScript(indexLua, timeLua, giveUpLua, setOnlineLua),
		clear:       newScript(indexLua, clearLua),
		sweep:       newScript(indexLua, timeLua, evenIfFullLua, giveUpLua, sweepLua),
		claim:       newScript(indexLua, timeLua, evenIfFullLua, claimLua),
		extend:      newScript(indexLua, timeLua, evenIfFullLua, heldLua, extendLua),
		acknowledge: newScript(indexLua, timeLua, evenIfFullLua, heldLua, acknowledgeLua),
		putBack:     newScript(indexLua, timeLua, evenIfFullLua, heldLua, putBackLua),
		adopt:       newScript(indexLua, timeLua, evenIfFullLua, adoptLua),
		disown:      newScript(indexLua, disownLua),
		note:        newScript(indexLua, timeLua, evenIfFullLua, noteLua),
		searched:    newScript(indexLua, timeLua, searchedLua),
		turn:        newScript(indexLua, timeLua, evenIfFullLua, turnLua),
		found:       newScript(indexLua, timeLua, evenIfFullLua, foundLua),
		endOfAPass:  newScript(indexLua, timeLua, evenIfFullLua, endOfAPassLua),
	}
}

// evenIfFullLua lets a script go on to write although the server is out of
// memory and evicts nothing: Redis refuses only the first write of a script,
// and that only if it needs memory.
const evenIfFullLua = `redis.call('ZREM', due, ':')`

// onShard returns a request to run a script on the index of a shard. It is
// asked for by its digest, and sent whole to a server that does not know it.
func (s *Store) onShard(sc script, shard int, args ...any) request {
	return s.eval(sc, shard, s.keys.index(shard), args)
}

// about is onShard for a script about one workspace, whose own keys come after
// those of the index. The id is its last argument.
func (s *Store) about(sc script, id string, args ...any) request {
	shard := s.keys.shard(id)
	keys := append(s.keys.index(shard), s.keys.liveness(id), s.keys.url(id), s.keys.internalURL(id))
	return s.eval(sc, shard, keys, append(args, id))
}

func (s *Store) eval(sc script, shard int, keys []string, args []any) request {
	all := make([]any, 0, 5+len(keys)+len(args))
	all = append(all, "evalsha", sc.digest, len(keys))
	for _, k := range keys {
		all = append(all, k)
	}
	all = append(all, s.keys.home(shard), milliseconds(s.livenessTTL()))
	return request{key: keys[0], cmd: command(append(all, args...)...), source: sc.source}
}

// unknownScript reports whether the server was asked for a script by its
// digest and does not know it.
func unknownScript(err error) bool { return redis.HasErrorPrefix(err, "NOSCRIPT") }

// sendWhole has the request's script sent in place of its digest.
func (r *request) sendWhole() {
	args := slices.Clone(r.cmd.Args())
	args[0], args[1] = "eval", r.source
	*r.cmd = *command(args...)
}
