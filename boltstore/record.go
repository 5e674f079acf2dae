package boltstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// format is the version of the records and their meaning. In every version the stamp
// begins with it, is sealed, and is found under the same name, so that a file of a
// later one is known as such.
const format = 3

// bucket is one kind of record.
//
//	meta       "stamp" → stamp
//	ids        id → number of its slot, mark
//	deadlines  number of a block → the deadlines of slotsPerBlock slots
//	public     id → deadline, URL
//	internal   id → deadline, URL
//
// The deadlines lie side by side so that a checkpoint writes few pages of bbolt, whichever
// workspaces were heard from.
type bucket int

const (
	meta bucket = iota
	ids
	deadlines
	public
	internal
	buckets
)

func (b bucket) String() string {
	return [...]string{"meta", "ids", "deadlines", "urls", "internal_urls"}[b]
}

func (b bucket) name() []byte { return []byte(b.String()) }

// bucketOf returns the bucket of a name, or buckets if there is none.
func bucketOf(name []byte) bucket {
	b := meta
	for b < buckets && b.String() != string(name) {
		b++
	}
	return b
}

var byteOrder = binary.LittleEndian // of all records

var errDamaged = errors.New("a record is damaged")

// seal appends to the content of a record a checksum that also covers where
// the record belongs, so that one found elsewhere is damaged too.
func seal(b bucket, key, content []byte) []byte {
	return byteOrder.AppendUint32(content[:len(content):len(content)], checksum(b, key, content))
}

// unseal returns the content of a record.
func unseal(b bucket, key, value []byte) ([]byte, error) {
	n := len(value) - 4
	if n < 0 || checksum(b, key, value[:n]) != byteOrder.Uint32(value[n:]) {
		return nil, errDamaged
	}
	return value[:n], nil
}

func checksum(b bucket, key, content []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, []byte{byte(b), byte(len(key)), byte(len(key) >> 8)})
	sum = crc32.Update(sum, table, key)
	return crc32.Update(sum, table, content)
}

// How a death came about that was not found by silence.
const (
	byExpire = 1 << iota
	byAdopt
	byRestore
)

func encodeSlot(n uint32, m *mark) []byte {
	b := byteOrder.AppendUint32(nil, n)
	if m == nil {
		return b
	}
	b = byteOrder.AppendUint32(b, m.attempt)
	how := byte(0)
	if m.expired {
		how |= byExpire
	}
	if m.adopted {
		how |= byAdopt
	}
	if m.restored {
		how |= byRestore
	}
	b = append(b, how)
	b = byteOrder.AppendUint64(b, uint64(m.since))
	return byteOrder.AppendUint64(b, uint64(m.grantedUntil+m.keptSince)) // one of them is 0
}

func decodeSlot(b []byte) (n uint32, m *mark, err error) {
	const plain, marked = 4, 4 + 4 + 1 + 8 + 8
	switch len(b) {
	case plain:
		return byteOrder.Uint32(b), nil, nil
	case marked:
		n, attempt, how, times := byteOrder.Uint32(b), byteOrder.Uint32(b[4:]), b[8], b[9:]
		m := &mark{
			attempt:  attempt,
			expired:  how&byExpire != 0,
			adopted:  how&byAdopt != 0,
			restored: how&byRestore != 0,
			since:    time.Duration(byteOrder.Uint64(times)),
		}
		if at := time.Duration(byteOrder.Uint64(times[8:])); m.restored {
			m.keptSince = at
		} else {
			m.grantedUntil = at
		}
		return n, m, nil
	}
	return 0, nil, errDamaged
}

func encodeURL(c roster.CachedURL) []byte {
	return append(byteOrder.AppendUint64(nil, uint64(c.Until)), c.URL...)
}

func decodeURL(b []byte) (roster.CachedURL, error) {
	if len(b) < 8 {
		return roster.CachedURL{}, errDamaged
	}
	return roster.CachedURL{URL: string(b[8:]), Until: time.Duration(byteOrder.Uint64(b))}, nil
}

// blockKey sorts as the numbers do.
func blockKey(block uint32) []byte { return binary.BigEndian.AppendUint32(nil, block) }

// A block of deadlines has a base, in units since the file was made, and for each slot a
// number: 0 if the slot is free, otherwise the deadline in units since the base, with the
// top bit set if the deadline is final. A number has two bytes (narrow) if all deadlines
// lie within 8.7 minutes, and otherwise four (wide), whose 31 bits are 397 days. That is
// more than store.MaxTTL, so only a death may be older than the base; it is stored as if
// it were not.
const (
	unit          = 16 * time.Millisecond
	slotsPerBlock = 1000 // two narrow blocks fill a page of bbolt
	narrowLen     = 8 + 2*slotsPerBlock
	wideLen       = 8 + 4*slotsPerBlock
	narrowFinal   = 1 << 15
	wideFinal     = 1 << 31
)

// encodeBlock writes the deadlines of a block as they are at now.
func encodeBlock(now time.Duration, block []slot) []byte {
	first, last := int64(math.MaxInt64), int64(0)
	for i := range block {
		if s := &block[i]; s.id != "" {
			first, last = min(first, s.units(now)), max(last, s.units(now))
		}
	}
	base := max(first-1, last-(wideFinal-1))
	narrow, final := last-base < narrowFinal, uint32(wideFinal)
	if narrow {
		final = narrowFinal
	}
	b := byteOrder.AppendUint64(make([]byte, 0, wideLen+4), uint64(base))
	for i := range block {
		s, v := &block[i], uint32(0)
		if s.id != "" {
			v = uint32(max(1, s.units(now)-base))
		}
		if s.final {
			v |= final
		}
		if narrow {
			b = byteOrder.AppendUint16(b, uint16(v))
		} else {
			b = byteOrder.AppendUint32(b, v)
		}
	}
	return b
}

// units rounds the deadline up, but one that has passed at now down.
func (s *slot) units(now time.Duration) int64 {
	if s.final && s.until <= now {
		return int64(s.until / unit)
	}
	return int64((s.until + unit - 1) / unit)
}

// decodeBlock sets the deadlines of the slots of a block.
func decodeBlock(b []byte, block []slot) error {
	narrow, final := len(b) == narrowLen, uint32(wideFinal)
	switch {
	case narrow:
		final = narrowFinal
	case len(b) != wideLen:
		return errDamaged
	}
	base := int64(byteOrder.Uint64(b))
	for i := range block {
		var v uint32
		if narrow {
			v = uint32(byteOrder.Uint16(b[8+2*i:]))
		} else {
			v = byteOrder.Uint32(b[8+4*i:])
		}
		if v == 0 {
			continue
		}
		block[i].until = time.Duration(base+int64(v&^final)) * unit
		block[i].final = v&final != 0
	}
	return nil
}
