package boltstore

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/molecule-ai/liveness/boltstore/internal/bboltcheck"
	"github.com/molecule-ai/liveness/internal/clock"
	"github.com/molecule-ai/liveness/internal/roster"
)

// contents is the data of a file.
type contents struct {
	stamp    stamp
	table    *table
	public   map[string]roster.CachedURL
	internal map[string]roster.CachedURL
}

// findStamp returns the stamp of a file that bbolt has not seen yet.
func findStamp(f *bboltcheck.File) (s stamp, err error) {
	value, err := f.Find(meta.name(), stampKey())
	if err != nil {
		return s, err
	}
	return unsealStamp(value)
}

// readAll reads and verifies every record, and that bbolt can open the file.
func readAll(f *bboltcheck.File, s stamp) (*contents, error) {
	c := newContents(s, f.Size())
	read := map[bucket]func(key, content []byte) error{
		deadlines: c.readBlock,
		ids:       c.readID,
		public:    readURLs(c.public),
		internal:  readURLs(c.internal),
	}
	var records counts
	err := f.Check(func(name, key, value []byte) error {
		b := bucketOf(name)
		if read[b] == nil {
			return nil
		}
		records[b]++
		content, err := unseal(b, key, value)
		if err == nil {
			err = read[b](key, content)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case records != s.records:
		return nil, errors.New("records are missing")
	}
	return c, c.table.complete()
}

// newContents returns contents with capacity for the records that the stamp counts, but for
// no more than a file of that size can hold.
func newContents(s stamp, size int64) *contents {
	room := func(b bucket, least int64) int { return int(min(int64(s.records[b]), size/least)) }
	const leastRecord = 16 // bytes
	return &contents{
		stamp:    s,
		table:    newTable(room(deadlines, narrowLen)*slotsPerBlock, room(ids, leastRecord)),
		public:   make(map[string]roster.CachedURL, room(public, leastRecord)),
		internal: make(map[string]roster.CachedURL, room(internal, leastRecord)),
	}
}

func (c *contents) readBlock(key, content []byte) error {
	next := uint32(len(c.table.slots) / slotsPerBlock)
	if string(key) != string(blockKey(next)) {
		return errors.New("a block of deadlines is missing")
	}
	c.table.slots = append(c.table.slots, make([]slot, slotsPerBlock)...)
	return decodeBlock(content, c.table.block(next))
}

func (c *contents) readID(key, content []byte) error {
	n, m, err := decodeSlot(content)
	if err != nil {
		return err
	}
	if int(n) >= len(c.table.slots) || c.table.slots[n].id != "" {
		return errors.New("two ids share a slot, or it does not exist")
	}
	s := &c.table.slots[n]
	s.id, s.mark = string(key), m
	c.table.slotOf[s.id] = n
	return nil
}

func readURLs(into map[string]roster.CachedURL) func(key, content []byte) error {
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
			return errors.New("a deadline belongs to no workspace")
		default:
			t.free = append(t.free, uint32(n))
		}
	}
	return nil
}

// extendAfterCrash makes up for the heartbeats that a crash forgot.
func (c *contents) extendAfterCrash(now time.Duration) {
	if c.stamp.clean {
		return
	}
	for n := range c.table.slots {
		if s := &c.table.slots[n]; s.id != "" && !s.final && now < s.until+c.stamp.checkpoint {
			s.until += c.stamp.checkpoint
			s.final, s.extended = true, true
		}
	}
}

// lastDeadline returns when the last life and the last URL are over.
func (c *contents) lastDeadline() (last time.Duration) {
	for _, s := range c.table.slots {
		last = max(last, s.until)
	}
	for _, urls := range []map[string]roster.CachedURL{c.public, c.internal} {
		for _, u := range urls {
			last = max(last, u.Until)
		}
	}
	return last
}

// load returns the timeline and the memory of a file that is opened.
func (c *contents) load(o Options, clk clock.Clock) (timeline, *memory) {
	passed, behind := elapsed(clk, c.stamp)
	// Time beyond the last deadline changes no life, and a clock that is wrong
	// could show any amount of it.
	const most = 30 * 24 * time.Hour
	passed = min(passed, max(most, c.lastDeadline()-c.stamp.now))
	t := resume(clk, c.stamp.now+passed, c.stamp.began)
	c.extendAfterCrash(t.now())
	m := &memory{roster: roster.New(roster.Config{
		Now:        t.now,
		Base:       t.began,
		TTLs:       o.TTLs,
		Limit:      math.MaxInt,
		MaxDeaths:  o.MaxDeaths,
		OwnIDs:     true,
		KeepDeaths: o.KeepDeaths,
	})}
	m.roster.Resume(roster.State{
		Tick:      c.stamp.tick,
		Ticked:    c.stamp.ticked && !behind,
		GraceEnd:  c.stamp.graceEnd,
		Note:      c.stamp.note,
		Token:     int64(c.stamp.opens << 32),
		Dropped:   c.stamp.dropped,
		Forbidden: c.stamp.forbidden,
	}, c.stamp.now)
	m.public.byID, m.internal.byID = c.public, c.internal
	for n := range c.table.slots {
		if s := &c.table.slots[n]; s.id != "" {
			s.load(m.roster, c.stamp.checkpoint)
		}
	}
	return t, m
}

// load makes the roster know the workspace of a slot.
func (s *slot) load(r *roster.Roster, checkpoint time.Duration) {
	switch m := s.mark; {
	case m == nil:
		s.life = r.Load(s.id, s.until, s.until)
	case m.isDeath():
		death := roster.Death{Deadline: s.until, Since: m.since, Attempt: int(m.attempt), Expired: m.expired, Adopted: m.adopted}
		if m.restored {
			death.Kept = m.keptSince
		}
		r.LoadDeath(s.id, death)
	case near(s.until, m.grantedUntil) || s.final && near(s.until, m.grantedUntil+checkpoint):
		s.mark = &mark{since: m.since, grantedUntil: s.until}
		s.life = r.Load(s.id, s.until, m.since)
	default: // it was heard from since Withdraw
		s.mark = nil
		s.life = r.Load(s.id, s.until, s.until)
	}
}

// near reports whether two deadlines may be one: each is rounded once, and once
// more if a crash added to it.
func near(a, b time.Duration) bool { return (a - b).Abs() < 2*unit }
