package reliability

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// trace makes one call after another, by chance, and returns the answer to each. No life
// ends by itself, so that the answers do not depend on the speed of the machine.
func trace(t testing.TB, s store.LivenessStore, seed uint64, calls int) (answers []string) {
	const ids = 12
	ctx := t.Context()
	chance := rand.New(rand.NewPCG(seed, 0))
	reaper, ok := store.As[driver.Reaper](s)
	require.True(t, ok)
	shards := reaper.Traits().Shards
	var held []driver.Death
	for n := range calls {
		id := fmt.Sprint("agent-", chance.IntN(ids))
		url := fmt.Sprint("http://", id, "/", n)
		var answer any
		var err error
		op := chance.IntN(16)
		switch op {
		case 0, 1:
			err = s.SetOnline(ctx, id)
		case 2:
			err = s.RefreshTTL(ctx, id)
		case 3:
			answer, err = s.IsOnline(ctx, id)
		case 4:
			err = s.CacheURL(ctx, id, url)
		case 5:
			err = s.CacheInternalURL(ctx, id, url)
		case 6:
			answer, err = s.GetCachedURL(ctx, id)
		case 7:
			answer, err = s.GetCachedInternalURL(ctx, id)
		case 8:
			err = s.Clear(ctx, id)
		case 9:
			answer, err = store.Heartbeat(ctx, s, id)
		case 10:
			err = store.Register(ctx, s, id, url, "")
		case 11:
			err = store.Expire(ctx, s, id)
		case 12:
			answer, err = store.Count(ctx, s)
		case 13:
			answer, err = store.RefreshMany(ctx, s, []string{id, "nobody", id})
		case 14:
			var claimed []string
			for shard := range shards {
				_, err := reaper.Sweep(ctx, shard, driver.SweepOptions{Interval: time.Second})
				require.NoError(t, err)
				deaths, err := reaper.Claim(ctx, shard, driver.ClaimOptions{Max: ids, Lease: time.Hour, Expired: true})
				require.NoError(t, err)
				for _, d := range deaths {
					claimed = append(claimed, fmt.Sprint(d.ID, d.Attempt, d.Expired, d.Adopted))
				}
				held = append(held, deaths...)
			}
			slices.Sort(claimed)
			answer = claimed
		case 15:
			i := slices.IndexFunc(held, func(d driver.Death) bool { return d.ID == id })
			if i < 0 {
				break
			}
			standing, begun := reaper.Begin(ctx, held[i])
			done, acknowledged := reaper.Acknowledge(ctx, held[i])
			answer, err = fmt.Sprint(standing, done), errors.Join(begun, acknowledged)
			held = slices.Delete(held, i, i+1)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			require.NoError(t, err)
		}
		answers = append(answers, fmt.Sprint(op, " ", id, ": ", answer, " ", errors.Is(err, store.ErrNotFound)))
	}
	return answers
}

// agree makes the same calls on each backend, and returns how many were answered alike.
func agree(t testing.TB, bend func(store.LivenessStore) store.LivenessStore, places ...kit.Place) (alike int) {
	const calls, seeds = 600, 5
	ttls := store.TTLs{Liveness: time.Hour, URL: time.Hour, Heartbeat: time.Minute}
	for seed := range uint64(seeds) {
		var first []string
		for _, p := range places {
			answers := trace(t, bend(p.Open(t).Open(t, ttls)), seed, calls)
			if first == nil {
				first = answers
				continue
			}
			for i := range answers {
				require.Equal(t, first[i], answers[i], "seed %d, call %d, on %s, after\n%s", seed, i, p.Name, strings.Join(first[max(0, i-20):i], "\n"))
				alike++
			}
		}
	}
	return alike
}

func TestAllBackendsAnswerOneTraceAlike(t *testing.T) {
	t.Parallel()
	const floor = 9_000
	kit.InRealTime(t, func(t testing.TB) {
		alike := agree(t, func(s store.LivenessStore) store.LivenessStore { return s }, kit.Memory, kit.File, kit.Redis, kit.Cluster)
		board.Row(t, "one trace on all backends: answers that agree", board.Figures{Operations: alike, FloorOperations: floor})
	})
}

// forgetful is a store in which a URL outlives Clear.
type forgetful struct{ store.LivenessStore }

func (f forgetful) Unwrap() store.LivenessStore { return f.LivenessStore }

func (f forgetful) Clear(ctx context.Context, id string) error {
	url, _ := f.GetCachedURL(ctx, id)
	err := f.LivenessStore.Clear(ctx, id)
	if err == nil && url != "" {
		err = f.CacheURL(ctx, id, url)
	}
	return err
}

func TestABackendThatAnswersOtherwiseIsFound(t *testing.T) {
	n := 0
	attempt.Found(t, "on bbolt, after", func(a *attempt.T) {
		agree(a, func(s store.LivenessStore) store.LivenessStore {
			if n++; n%2 == 1 {
				return s
			}
			return forgetful{s}
		}, kit.Memory, kit.File)
	})
}
