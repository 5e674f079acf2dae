package boltstore

import (
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// stamp is the record that every transaction writes last: which transaction it was, when,
// and what the next process needs to go on.
type stamp struct {
	seq        uint64
	now        time.Duration // on the timeline of the file
	began      time.Time     // the time of day when the timeline was at 0
	wall       time.Time
	boot       string // "" if the system does not say
	sinceBoot  time.Duration
	checkpoint time.Duration // how far behind memory the file may be
	tick       time.Duration // of the last sweep
	graceEnd   time.Duration
	clean      bool // the file is not behind: closed in order
	ticked     bool // there was a sweep
	forbidden  roster.Forbidden
	tally
}

// tally is the part of a stamp that a transaction takes over from the last one, and changes.
type tally struct {
	opens   uint64 // how often the file was opened
	dropped int64  // see driver.SweepResult
	note    string // of the monitors
	records counts
}

// counts is how many records each bucket has: one that is missing leaves no
// other trace.
type counts [buckets]uint32

func stampKey() []byte { return []byte("stamp") }

func (s stamp) encode() []byte {
	b := byteOrder.AppendUint32(nil, format)
	for _, v := range []uint64{
		s.seq, uint64(s.now), uint64(s.began.UnixMilli()), uint64(s.wall.UnixMilli()), uint64(s.sinceBoot),
		uint64(s.checkpoint), uint64(s.tick), uint64(s.graceEnd), s.opens, uint64(s.dropped),
		uint64(s.forbidden.Past), uint64(s.forbidden.Until),
	} {
		b = byteOrder.AppendUint64(b, v)
	}
	for _, n := range s.records {
		b = byteOrder.AppendUint32(b, n)
	}
	for _, is := range []bool{s.clean, s.ticked} {
		v := byte(0)
		if is {
			v = 1
		}
		b = append(b, v)
	}
	b = append(b, byte(len(s.forbidden.Spells)))
	for _, spell := range s.forbidden.Spells {
		b = byteOrder.AppendUint64(b, uint64(spell.From))
		b = byteOrder.AppendUint64(b, uint64(spell.To))
	}
	b = byteOrder.AppendUint32(b, uint32(len(s.boot)))
	return append(append(b, s.boot...), s.note...)
}

func decodeStamp(b []byte) (s stamp, err error) {
	const fixed, perSpell = 12*8 + 4*int(buckets) + 3, 16
	if len(b) < 4 {
		return s, errDamaged
	}
	if v := byteOrder.Uint32(b); v != format {
		return s, formatError(v)
	}
	if b = b[4:]; len(b) < fixed {
		return s, errDamaged
	}
	number := func() uint64 {
		v := byteOrder.Uint64(b)
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
	s.forbidden.Past = time.Duration(number())
	s.forbidden.Until = time.Duration(number())
	for i := range s.records {
		s.records[i] = byteOrder.Uint32(b)
		b = b[4:]
	}
	s.clean, s.ticked = b[0] == 1, b[1] == 1
	spells := int(b[2])
	if b = b[3:]; len(b) < spells*perSpell+4 {
		return s, errDamaged
	}
	for range spells {
		from := time.Duration(number())
		s.forbidden.Spells = append(s.forbidden.Spells, roster.Spell{From: from, To: time.Duration(number())})
	}
	n := byteOrder.Uint32(b)
	if b = b[4:]; int64(n) > int64(len(b)) {
		return s, errDamaged
	}
	s.boot, s.note = string(b[:n]), string(b[n:])
	return s, nil
}
