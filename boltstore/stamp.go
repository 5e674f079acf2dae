package boltstore

import (
	"encoding/binary"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// stamp is the record that every transaction writes last: its number, its time, and the
// state from which the next process goes on.
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

// stampHead is the part of an encoded stamp that has always the same size. Behind it are
// the spells, the length of boot, boot and the note.
type stampHead struct {
	Format                                uint32
	Seq                                   uint64
	Now                                   time.Duration
	Began, Wall                           int64 // ms
	SinceBoot, Checkpoint, Tick, GraceEnd time.Duration
	Opens                                 uint64
	Dropped                               int64
	Past, Until                           time.Duration // of forbidden
	Records                               counts
	Clean, Ticked                         bool
	Spells                                uint8
}

func (s stamp) encode() []byte {
	b, err := binary.Append(nil, byteOrder, stampHead{
		format, s.seq, s.now, s.began.UnixMilli(), s.wall.UnixMilli(), s.sinceBoot, s.checkpoint, s.tick, s.graceEnd,
		s.opens, s.dropped, s.forbidden.Past, s.forbidden.Until, s.records, s.clean, s.ticked, uint8(len(s.forbidden.Spells)),
	})
	if err == nil {
		b, err = binary.Append(b, byteOrder, s.forbidden.Spells)
	}
	if err != nil {
		panic(err) // the types have no fixed size
	}
	b = byteOrder.AppendUint32(b, uint32(len(s.boot)))
	return append(append(b, s.boot...), s.note...)
}

func decodeStamp(b []byte) (s stamp, err error) {
	if len(b) < 4 {
		return s, errDamaged
	}
	if v := byteOrder.Uint32(b); v != format {
		return s, formatError(v)
	}
	var h stampHead
	n, err := binary.Decode(b, byteOrder, &h)
	if err != nil {
		return s, errDamaged
	}
	s = stamp{
		seq: h.Seq, now: h.Now, began: time.UnixMilli(h.Began), wall: time.UnixMilli(h.Wall),
		sinceBoot: h.SinceBoot, checkpoint: h.Checkpoint, tick: h.Tick, graceEnd: h.GraceEnd, clean: h.Clean, ticked: h.Ticked,
		forbidden: roster.Forbidden{Past: h.Past, Until: h.Until},
		tally:     tally{opens: h.Opens, dropped: h.Dropped, records: h.Records},
	}
	if h.Spells > 0 {
		s.forbidden.Spells = make([]roster.Spell, h.Spells)
	}
	m, err := binary.Decode(b[n:], byteOrder, s.forbidden.Spells)
	if b = b[n+m:]; err != nil || len(b) < 4 {
		return s, errDamaged
	}
	length := byteOrder.Uint32(b)
	if b = b[4:]; int64(length) > int64(len(b)) {
		return s, errDamaged
	}
	s.boot, s.note = string(b[:length]), string(b[length:])
	return s, nil
}
