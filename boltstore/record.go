package boltstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"time"
)

// format is the version of the records and their meaning. In every version the stamp
// begins with it, is sealed, and is found under the same name, so that a file of a
// later one is known as such.
const format = 3

// bucket is one kind of record.
//
//	meta       "stamp" → stamp
//	ids        id → slot, mark
//	deadlines  number of a page → the deadlines of slotsPerPage slots
//	public     id → deadline, URL
//	internal   id → deadline, URL
//
// The deadlines lie side by side so that a checkpoint writes a few pages,
// whichever workspaces were heard from.
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

// The order of bytes in all records.
var order = binary.LittleEndian

var errDamaged = errors.New("a record is damaged")

// seal appends to the content of a record a checksum that also covers where
// the record belongs, so that one found elsewhere is damaged too.
func seal(b bucket, key, content []byte) []byte {
	return order.AppendUint32(content[:len(content):len(content)], checksum(b, key, content))
}

// unseal returns the content of a record.
func unseal(b bucket, key, value []byte) ([]byte, error) {
	n := len(value) - 4
	if n < 0 || checksum(b, key, value[:n]) != order.Uint32(value[n:]) {
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
	b := order.AppendUint32(nil, n)
	if m == nil {
		return b
	}
	b = order.AppendUint32(b, m.attempt)
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
	b = order.AppendUint64(b, uint64(m.since))
	return order.AppendUint64(b, uint64(m.granted))
}

func decodeSlot(b []byte) (n uint32, m *mark, err error) {
	const plain, marked = 4, 4 + 4 + 1 + 8 + 8
	switch len(b) {
	case plain:
		return order.Uint32(b), nil, nil
	case marked:
		return order.Uint32(b), &mark{
			attempt:  order.Uint32(b[4:]),
			expired:  b[8]&byExpire != 0,
			adopted:  b[8]&byAdopt != 0,
			restored: b[8]&byRestore != 0,
			since:    time.Duration(order.Uint64(b[9:])),
			granted:  time.Duration(order.Uint64(b[17:])),
		}, nil
	}
	return 0, nil, errDamaged
}

func encodeURL(c cached) []byte {
	return append(order.AppendUint64(nil, uint64(c.deadline)), c.url...)
}

func decodeURL(b []byte) (cached, error) {
	if len(b) < 8 {
		return cached{}, errDamaged
	}
	return cached{string(b[8:]), time.Duration(order.Uint64(b))}, nil
}

// pageKey sorts as the numbers do.
func pageKey(page uint32) []byte { return binary.BigEndian.AppendUint32(nil, page) }

// Each page of deadlines has a base, in units since the file was made, and for
// each slot either 0, if it is free, or the deadline in units since the base, its
// top bit set if the deadline is final. Narrow slots have two bytes, enough for
// deadlines within 8.7 minutes; others have four, and their 31 bits are 397 days,
// more than store.MaxTTL: only a death older than the rest is drawn closer.
const (
	unit         = 16 * time.Millisecond
	slotsPerPage = 1000 // bbolt fills one of its pages with two narrow ones
	narrowLen    = 8 + 2*slotsPerPage
	wideLen      = 8 + 4*slotsPerPage
	narrowFinal  = 1 << 15
	wideFinal    = 1 << 31
)

// encodePage writes the deadlines of a page as they are at now.
func encodePage(now time.Duration, page []slot) []byte {
	first, last := int64(math.MaxInt64), int64(0)
	for i := range page {
		if s := &page[i]; s.id != "" {
			first, last = min(first, s.units(now)), max(last, s.units(now))
		}
	}
	base := max(first-1, last-(wideFinal-1))
	narrow, final := last-base < narrowFinal, uint32(wideFinal)
	if narrow {
		final = narrowFinal
	}
	b := order.AppendUint64(make([]byte, 0, wideLen+4), uint64(base))
	for i := range page {
		s, v := &page[i], uint32(0)
		if s.id != "" {
			v = uint32(max(1, s.units(now)-base))
		}
		if s.final {
			v |= final
		}
		if narrow {
			b = order.AppendUint16(b, uint16(v))
		} else {
			b = order.AppendUint32(b, v)
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

// decodePage sets the deadlines of the slots of a page.
func decodePage(b []byte, page []slot) error {
	narrow, final := len(b) == narrowLen, uint32(wideFinal)
	switch {
	case narrow:
		final = narrowFinal
	case len(b) != wideLen:
		return errDamaged
	}
	base := int64(order.Uint64(b))
	for i := range page {
		var v uint32
		if narrow {
			v = uint32(order.Uint16(b[8+2*i:]))
		} else {
			v = order.Uint32(b[8+4*i:])
		}
		if v == 0 {
			continue
		}
		page[i].until = time.Duration(base+int64(v&^final)) * unit
		page[i].final = v&final != 0
	}
	return nil
}
