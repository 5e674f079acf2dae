package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/roster"
)

// decoders read the records of a file.
type decoders struct {
	url   func([]byte) (roster.CachedURL, error)
	stamp func([]byte) (stamp, error)
}

// judge decodes the bytes as each kind of record: they are refused, or mean what is
// encoded again. A panic is an error too.
func (d decoders) judge(b []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a panic: %v", p)
		}
	}()
	if n, m, err := decodeSlot(b); err == nil {
		if n2, m2, err := decodeSlot(encodeSlot(n, m)); err != nil || n2 != n || !reflect.DeepEqual(m2, m) {
			return errors.New("a slot has changed")
		}
	}
	if c, err := d.url(b); err == nil {
		if c2, err := d.url(encodeURL(c)); err != nil || c2 != c {
			return errors.New("a URL has changed")
		}
	}
	if s, err := d.stamp(b); err == nil {
		if s2, err := d.stamp(s.encode()); err != nil || !reflect.DeepEqual(s2, s) {
			return errors.New("a stamp has changed")
		}
	}
	_ = decodeBlock(b, make([]slot, slotsPerBlock))
	sealed := seal(ids, []byte("key"), b)
	if content, err := unseal(ids, []byte("key"), sealed); err != nil || !bytes.Equal(content, b) {
		return errors.New("a sealed record has changed")
	}
	if _, err := unseal(ids, []byte("kez"), sealed); err == nil {
		return errors.New("a record that was moved is accepted")
	}
	_, _ = unseal(ids, nil, b)
	return nil
}

// written are records as a store writes them.
func written() [][]byte {
	block := make([]slot, slotsPerBlock)
	block[3] = slot{id: "a", until: time.Hour}
	block[7] = slot{id: "b", until: time.Minute, final: true}
	return [][]byte{
		encodeSlot(7, nil), encodeSlot(7, &mark{attempt: 2, expired: true, since: time.Second, grantedUntil: time.Minute}),
		encodeURL(roster.CachedURL{URL: someURL, Until: time.Hour}), stamp{boot: "boot", tally: tally{note: "note"}}.encode(), encodeBlock(time.Second, block),
	}
}

// broken returns a record in which bits were flipped, and the end cut off or made longer.
func broken(chance *rand.Rand) []byte {
	all := written()
	b := bytes.Clone(all[chance.IntN(len(all))])
	for range chance.IntN(4) {
		b[chance.IntN(len(b))] ^= 1 << chance.IntN(8)
	}
	switch chance.IntN(3) {
	case 0:
		b = b[:chance.IntN(len(b))]
	case 1:
		b = append(b, bytes.Repeat([]byte{byte(chance.Uint32())}, chance.IntN(40))...)
	}
	return b
}

func FuzzRecords(f *testing.F) {
	for _, b := range written() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { require.NoError(t, decoders{decodeURL, decodeStamp}.judge(b)) })
}

func TestBrokenRecordsAreRefusedOrMeanSomething(t *testing.T) {
	const records = 50_000
	chance := rand.New(rand.NewPCG(rand.Uint64(), 0))
	n := 0
	for ; n < records; n++ {
		b := broken(chance)
		require.NoError(t, decoders{decodeURL, decodeStamp}.judge(b), "%x", b)
	}
	board.Row(t, "fuzz: records of a file", board.Figures{Operations: n, FloorOperations: records})
}

// A decoder that does not look how long a record is.
func TestADecoderThatTrustsARecordIsFound(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 0))
	trusting := decoders{func(b []byte) (roster.CachedURL, error) {
		return roster.CachedURL{URL: string(b[8:]), Until: time.Duration(byteOrder.Uint64(b))}, nil
	}, decodeStamp}
	for range 1000 {
		if trusting.judge(broken(chance)) != nil {
			return
		}
	}
	t.Error("it was not found")
}
