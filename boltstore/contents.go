package boltstore

import (
	"errors"
	"fmt"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/roster"
)

// contents is what a file holds.
type contents struct {
	stamp    stamp
	table    *table
	public   map[string]cached
	internal map[string]cached
}

// readAll reads and verifies every record.
func readAll(db *bbolt.DB) (*contents, error) {
	c := &contents{table: newTable(), public: make(map[string]cached), internal: make(map[string]cached)}
	return c, db.View(func(tx *bbolt.Tx) (err error) {
		if c.stamp, err = readStamp(tx); err != nil {
			return err
		}
		r := reader{tx: tx}
		r.each(deadlines, c.readPage)
		r.each(ids, c.readID)
		r.each(public, readURLs(c.public))
		r.each(internal, readURLs(c.internal))
		if r.err != nil {
			return r.err
		}
		if r.records != c.stamp.records {
			return errors.New("records are missing")
		}
		return c.table.complete()
	})
}

type reader struct {
	tx      *bbolt.Tx
	records counts
	err     error
}

func (r *reader) each(b bucket, read func(key, content []byte) error) {
	if r.err != nil {
		return
	}
	in := r.tx.Bucket(b.name())
	if in == nil {
		r.err = errNoStore
		return
	}
	r.err = in.ForEach(func(key, value []byte) error {
		content, err := unseal(b, key, value)
		if err == nil {
			err = read(key, content)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.name(), err)
		}
		r.records[b]++
		return nil
	})
}

func (c *contents) readPage(key, content []byte) error {
	p := uint32(len(c.table.slots) / slotsPerPage)
	if string(key) != string(pageKey(p)) {
		return errors.New("a page is missing")
	}
	c.table.slots = append(c.table.slots, make([]slot, slotsPerPage)...)
	return decodePage(content, c.table.page(p))
}

func (c *contents) readID(key, content []byte) error {
	n, err := decodeSlot(content)
	if err != nil {
		return err
	}
	if int(n) >= len(c.table.slots) || c.table.slots[n].id != "" {
		return errors.New("two ids share a slot, or it does not exist")
	}
	c.table.slots[n].id = string(key)
	c.table.of[string(key)] = n
	return nil
}

func readURLs(into map[string]cached) func(key, content []byte) error {
	return func(key, content []byte) error {
		u, err := decodeURL(content)
		into[string(key)] = u
		return err
	}
}

// complete lists the free slots of a table that was read.
func (t *table) complete() error {
	for n := len(t.slots) - 1; n >= 0; n-- {
		switch s := t.slots[n]; {
		case s.id != "":
		case s.until != 0:
			return errors.New("a deadline belongs to nobody")
		default:
			t.free = append(t.free, uint32(n))
		}
	}
	return nil
}

// lend makes up for the heartbeats that a crash forgot.
func (c *contents) lend(now time.Duration) {
	if c.stamp.clean {
		return
	}
	for n := range c.table.slots {
		if s := &c.table.slots[n]; s.id != "" && !s.final && now < s.until+c.stamp.checkpoint {
			s.until += c.stamp.checkpoint
			s.final, s.lent = true, true
		}
	}
}

// last returns when all is over.
func (c *contents) last() (last time.Duration) {
	for _, s := range c.table.slots {
		last = max(last, s.until)
	}
	for _, of := range []map[string]cached{c.public, c.internal} {
		for _, u := range of {
			last = max(last, u.deadline)
		}
	}
	return last
}

// restore returns the time at which the file is opened and what is known then.
func (c *contents) restore(o Options) (timeline, *memory) {
	passed, behind := elapsed(o.seams.clock, c.stamp)
	// Time beyond the last deadline changes nobody's life, and a lying clock
	// could have any amount of it.
	const most = 30 * 24 * time.Hour
	passed = min(passed, max(most, c.last()-c.stamp.now))
	t := resume(o.seams.clock, c.stamp.now+passed, c.stamp.began)
	c.lend(t.now())
	m := &memory{roster: roster.New(roster.Config{
		Now:        t.now,
		Base:       t.began,
		TTLs:       o.TTLs,
		Limit:      math.MaxInt,
		KeepDeaths: o.KeepDeaths,
	})}
	m.roster.Resume(roster.State{
		Tick:     c.stamp.tick,
		Ticked:   c.stamp.ticked && !c.stamp.adopted && !behind,
		GraceEnd: c.stamp.graceEnd,
		Note:     c.stamp.note,
		Token:    int64(c.stamp.opens << 32),
		Dropped:  c.stamp.dropped,
		Away:     passed,
	})
	m.public.of, m.internal.of = c.public, c.internal
	for n := range c.table.slots {
		if s := &c.table.slots[n]; s.id != "" {
			ttl, _ := o.TTLs.ForLiveness(s.id) // what is wrong with it is told when it is granted
			s.life = m.roster.Restore(s.id, s.until, ttl)
		}
	}
	return t, m
}
