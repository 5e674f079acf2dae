package boltstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// format is the version of what the records mean.
const format = 1

// bucket is one kind of record.
//
//	meta       "stamp" → stamp
//	ids        id → slot
//	deadlines  number of a page → the deadlines of slotsPerPage slots
//	public     id → deadline, URL
//	internal   id → deadline, URL
//
// The deadlines lie side by side so that a checkpoint writes a few pages,
// whoever was heard from.
type bucket int

const (
	meta bucket = iota
	ids
	deadlines
	public
	internal
	buckets
)

func (b bucket) name() []byte {
	return []byte([...]string{"meta", "ids", "deadlines", "urls", "internal_urls"}[b])
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

// stamp is written by every transaction.
type stamp struct {
	seq        uint64
	now        time.Duration // of the timeline of the file
	wall       time.Time
	boot       string // "" if the system does not say
	sinceBoot  time.Duration
	checkpoint time.Duration // how far behind the memory the file may be
	clean      bool          // the file is not behind: closed in order
	records    counts
}

// counts is how many records each bucket has: one that is missing leaves no
// other trace.
type counts [buckets]uint32

func stampKey() []byte { return []byte("stamp") }

func (s stamp) encode() []byte {
	b := order.AppendUint32(nil, format)
	b = order.AppendUint64(b, s.seq)
	b = order.AppendUint64(b, uint64(s.now))
	b = order.AppendUint64(b, uint64(s.wall.UnixMilli()))
	b = order.AppendUint64(b, uint64(s.sinceBoot))
	b = order.AppendUint64(b, uint64(s.checkpoint))
	for _, n := range s.records {
		b = order.AppendUint32(b, n)
	}
	clean := byte(0)
	if s.clean {
		clean = 1
	}
	return append(append(b, clean), s.boot...)
}

func decodeStamp(b []byte) (s stamp, err error) {
	const fixed = 4 + 5*8 + 4*int(buckets) + 1
	if len(b) < 4 {
		return s, errDamaged
	}
	if v := order.Uint32(b); v != format {
		return s, errFormat(v)
	}
	if len(b) < fixed {
		return s, errDamaged
	}
	s.seq = order.Uint64(b[4:])
	s.now = time.Duration(order.Uint64(b[12:]))
	s.wall = time.UnixMilli(int64(order.Uint64(b[20:])))
	s.sinceBoot = time.Duration(order.Uint64(b[28:]))
	s.checkpoint = time.Duration(order.Uint64(b[36:]))
	for i := range s.records {
		s.records[i] = order.Uint32(b[44+4*i:])
	}
	s.clean = b[fixed-1] == 1
	s.boot = string(b[fixed:])
	return s, nil
}

func encodeSlot(n uint32) []byte { return order.AppendUint32(nil, n) }

func decodeSlot(b []byte) (uint32, error) {
	if len(b) != 4 {
		return 0, errDamaged
	}
	return order.Uint32(b), nil
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
// each slot either 0, for nobody online, or the deadline in units since the
// base, its top bit set if the deadline is borrowed. 31 bits of units are more
// than store.MaxTTL.
const (
	unit         = 16 * time.Millisecond
	slotsPerPage = 500
	pageLen      = 8 + 4*slotsPerPage
	borrowedBit  = 1 << 31
)

// encodePage writes the deadlines that lie after now.
func encodePage(now time.Duration, page []slot) []byte {
	base := int64(now / unit)
	b := order.AppendUint64(make([]byte, 0, pageLen+4), uint64(base))
	for _, s := range page {
		v := uint32(0)
		if s.until > now {
			v = uint32(int64((s.until+unit-1)/unit) - base)
			if s.borrowed {
				v |= borrowedBit
			}
		}
		b = order.AppendUint32(b, v)
	}
	return b[:pageLen]
}

// decodePage sets the deadlines of the slots of a page.
func decodePage(b []byte, page []slot) error {
	if len(b) != pageLen {
		return errDamaged
	}
	base := int64(order.Uint64(b))
	for i := range page {
		v := order.Uint32(b[8+4*i:])
		if v == 0 {
			continue
		}
		page[i].until = time.Duration(base+int64(v&^borrowedBit)) * unit
		page[i].borrowed = v&borrowedBit != 0
	}
	return nil
}
