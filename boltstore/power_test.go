//go:build !race

package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/store"
)

// sector is what a disk writes whole.
const sector = 512

// metaPages are the pages that bbolt writes last, after a sync.
const metaPages = 2

// cuts are the files that power cuts leave of one transaction.
type cuts struct {
	mu            sync.Mutex
	before, after []byte
}

// update is a transaction, before and after which the file is read.
func (c *cuts) update(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, err := os.ReadFile(db.Path())
	if err != nil {
		return err
	}
	if err := db.Update(fill); err != nil {
		return err
	}
	c.before = before
	c.after, err = os.ReadFile(db.Path())
	return err
}

// image is the file of a power cut: sectors that were written and those that were not, in
// any order, up to the sync at which the power was cut. A disk that lies writes the meta
// pages before the data.
func (c *cuts) image(chance *rand.Rand, lying bool) (image []byte, committed bool) {
	head := metaPages * os.Getpagesize()
	mix := func(from, to int, share float64) {
		for at := from; at < to; at += sector {
			if chance.Float64() < share {
				copy(image[at:at+sector], c.after[at:at+sector])
			}
		}
	}
	image = append(bytes.Clone(c.before), make([]byte, max(0, len(c.after)-len(c.before)))...)
	switch {
	case lying:
		copy(image[:head], c.after[:head])
		mix(head, len(c.after), chance.Float64())
	case chance.IntN(2) == 0: // while data is written
		mix(head, len(c.after), chance.Float64())
	default: // while the meta page is written
		copy(image[head:], c.after[head:])
		mix(0, head, chance.Float64())
	}
	return image, bytes.Equal(image, c.after)
}

// powered is what a test reads of a store: URLs, by workspace.
type powered map[string]string

func (p powered) same(s *Store, list []string) error {
	for _, id := range list {
		url, err := s.GetCachedURL(context.Background(), id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		is, err := s.IsOnline(context.Background(), id)
		if err != nil || url != p[id] || is != (p[id] != "") {
			return fmt.Errorf("%s: online is %v, %v, its URL %q, want %q", id, is, err, url, p[id])
		}
	}
	return nil
}

// powerCuts cuts the power n times in the middle of transactions, and returns how many
// calls were acknowledged, and how many files lost one of them or kept half a call.
func powerCuts(t *testing.T, n int, lying bool) (calls, wrong int) {
	const each, ids = 25, 60
	ctx := context.Background()
	chance := rand.New(rand.NewPCG(rand.Uint64(), 0))
	list := names(ids)
	c := &cuts{}
	s := boxWith(t, newPath(t), Options{Checkpoint: time.Hour}, host{update: c.update})
	now := powered{}
	for done := 0; done < n; {
		id := list[chance.IntN(ids)]
		before := maps.Clone(now)
		if chance.IntN(4) == 0 {
			require.NoError(t, s.Clear(ctx, id))
			delete(now, id)
		} else {
			now[id] = fmt.Sprint("http://", id, "/", calls)
			require.NoError(t, s.Register(ctx, id, now[id], ""))
		}
		calls++
		if c.after == nil {
			continue // the call changed nothing
		}
		path := newPath(t)
		for range each {
			image, committed := c.image(chance, lying)
			require.NoError(t, os.WriteFile(path, image, 0o600))
			if judge(path, list, before, now, committed) != nil {
				wrong++
			}
			done++
		}
		c.after = nil
	}
	return calls, wrong
}

// judge opens the file that a power cut left. It has the state before the call that was
// under way or the one after it, and the latter if the transaction was committed.
func judge(path string, list []string, before, now powered, committed bool) error {
	s, err := Open(path, Options{LockTimeout: time.Second})
	if err != nil {
		return err
	}
	defer s.Close()
	if err = now.same(s, list); err != nil && !committed {
		err = before.same(s, list)
	}
	return err
}

// Each file that a power cut leaves opens with every call that was acknowledged, and the
// call that was under way is done or not done.
//
// It fails if the meta pages reach the disk before the data.
func TestAPowerCutLosesNothingThatWasAcknowledged(t *testing.T) {
	images := 500
	if full() {
		images = 5000
	}
	calls, wrong := powerCuts(t, images, false)
	board.Row(t, "power cuts in the middle of a transaction", board.Figures{
		Operations: calls, Faults: images, Violations: wrong, FloorFaults: images,
	})
	require.Zero(t, wrong)
}

func TestAPowerCutOnADiskThatLiesIsFound(t *testing.T) {
	_, wrong := powerCuts(t, 200, true)
	require.NotZero(t, wrong)
}
