package boltstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
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
	began      time.Time     // the time of day when that was 0
	wall       time.Time
	boot       string // "" if the system does not say
	sinceBoot  time.Duration
	checkpoint time.Duration // how far behind the memory the file may be
	tick       time.Duration // of the last sweep
	graceEnd   time.Duration
	clean      bool // the file is not behind: closed in order
	ticked     bool // there was a sweep
	adopted    bool // there were deaths that the file knows nothing of
	tally
}

// tally is what a transaction takes over from the one before.
type tally struct {
	opens   uint64 // how often the file was opened
	dropped int64  // deaths that nobody claimed in time
	note    string // of the monitors
	records counts
}

// counts is how many records each bucket has: one that is missing leaves no
// other trace.
type counts [buckets]uint32

func stampKey() []byte { return []byte("stamp") }

func (s stamp) encode() []byte {
	b := order.AppendUint32(nil, format)
	for _, v := range []uint64{
		s.seq, uint64(s.now), uint64(s.began.UnixMilli()), uint64(s.wall.UnixMilli()), uint64(s.sinceBoot),
		uint64(s.checkpoint), uint64(s.tick), uint64(s.graceEnd), s.opens, uint64(s.dropped),
	} {
		b = order.AppendUint64(b, v)
	}
	for _, n := range s.records {
		b = order.AppendUint32(b, n)
	}
	for _, is := range []bool{s.clean, s.ticked, s.adopted} {
		v := byte(0)
		if is {
			v = 1
		}
		b = append(b, v)
	}
	b = order.AppendUint32(b, uint32(len(s.boot)))
	return append(append(b, s.boot...), s.note...)
}

func decodeStamp(b []byte) (s stamp, err error) {
	const fixed = 10*8 + 4*int(buckets) + 3 + 4
	if len(b) < 4 {
		return s, errDamaged
	}
	if v := order.Uint32(b); v != format {
		return s, errFormat(v)
	}
	if b = b[4:]; len(b) < fixed {
		return s, errDamaged
	}
	number := func() uint64 {
		v := order.Uint64(b)
		b = b[8:]
		return v
	}
	s.seq = number()
	s.now = time.Duration(number())
	s.began = time.UnixMilli(int64(number()))
	s.wall = time.UnixMilli(int64(number()))
	s.sinceBoot = time.Duration(number())
	s.checkpoint = time.Duration(number())
	s.tick = time.Duration(number())
	s.graceEnd = time.Duration(number())
	s.opens = number()
	s.dropped = int64(number())
	for i := range s.records {
		s.records[i] = order.Uint32(b)
		b = b[4:]
	}
	s.clean, s.ticked, s.adopted = b[0] == 1, b[1] == 1, b[2] == 1
	n := order.Uint32(b[3:])
	if b = b[7:]; int64(n) > int64(len(b)) {
		return s, errDamaged
	}
	s.boot, s.note = string(b[:n]), string(b[n:])
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
// each slot either 0, for nobody, or the deadline in units since the base, its
// top bit set if the deadline is final. Narrow slots have two bytes, enough for
// deadlines within 8.7 minutes; others have four, of which 31 bits are 397 days,
// more than store.MaxTTL: only a death older than the rest is drawn closer.
const (
	unit         = 16 * time.Millisecond
	slotsPerPage = 1000 // two narrow pages, of which bbolt keeps that many together, fill one of its own
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

// units rounds the deadline up, but what was over at now stays so.
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
