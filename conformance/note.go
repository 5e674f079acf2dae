package conformance

import (
	"context"
	"fmt"
	"strings"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// noteChecks are those of Reaper.Note.
func noteChecks() []entry {
	return []entry{
		{"Note", "becomes the new one if it is the old one", atOnce, func(c *check) {
			w := c.newWatch()
			w.wantNotes(func(int) string { return "" })
			w.note(0, "wrong", "none", "")
			w.note(0, "", "first", "first")
			w.note(0, "", "second", "first")
			w.note(0, "first", "first", "first")
			w.note(0, "first", "second", "second")
			w.wantNotes(func(shard int) string {
				if shard == 0 {
					return "second"
				}
				return ""
			})
			w.note(0, "second", "", "")
			w.note(0, "", "third", "third")
		}},

		{"Note", "a text that is nearly the old one changes nothing", atOnce, func(c *check) {
			w := c.newWatch()
			long := strings.Repeat("n", driver.MaxNoteLen-1)
			old := ""
			for text, others := range map[string][]string{
				"Caf\u00e9": {"caf\u00e9", "CAF\u00c9", "Cafe\u0301", "Cafe", "Caf", " Caf\u00e9", "Caf\u00e9 ", "Caf\u00e9\n", "Caf\u00e9\u200b"},
				"1":         {"01", "1.0", "+1", "true"},
				long + "n":  {long, long + "m", "m" + long},
			} {
				w.note(0, old, text, text)
				for _, other := range others {
					w.note(0, other, "none", text)
				}
				old = text
			}
		}},

		{"Note", "each shard has its own", atOnce, func(c *check) {
			w := c.newWatch()
			w.noteEach("", noteOf, noteOf)
			w.wantNotes(noteOf)
		}},

		{"Note", "is any text of up to 2048 bytes", atOnce, func(c *check) {
			w := c.newWatch()
			old := ""
			for _, text := range []string{
				strings.Repeat("n", driver.MaxNoteLen), strings.Repeat("€", driver.MaxNoteLen/3), `{"a":"b\n"}`, "%s '\"\\` \n\t", "0", "nil", "-1", "",
			} {
				w.note(0, old, text, text)
				if got := w.sweepOne(0).Note; got != text {
					w.fail("Sweep returns the note %q, want %q", got, text)
				}
				old = text
			}
			_, err := w.reaper().Note(w.ctx, 0, "", strings.Repeat("n", driver.MaxNoteLen+1))
			w.wantError("Note", "", err, store.ErrInvalid)
			w.note(0, "none", "none", "")
		}},

		// Each caller writes its own note in place of the same one.
		{"Note", "of several notes at once one is kept, and returned to all", atOnce, func(c *check) {
			const callers, rounds = 8, 10
			w := c.newWatch()
			old := ""
			for round := range rounds {
				var notes [callers]string
				w.callers(callers, func(i int) {
					note, err := w.reaper().Note(w.ctx, 0, old, fmt.Sprintf("%d of round %d", i, round))
					w.wantNil("Note", "", err)
					notes[i] = note
				})
				for _, note := range notes {
					if note != notes[0] || note == old {
						w.fail("callers at once are returned the notes %q, want one that is new", notes)
					}
				}
				old = notes[0]
			}
		}},

		{"Note", "outlasts an outage", breaking, func(c *check) {
			w := c.newWatch()
			w.noteEach("", noteOf, noteOf)
			w.outage(0, func(ctx context.Context) {
				note, err := w.reaper().Note(ctx, 0, "", "")
				w.wantAway("Note", note != "", err)
			})
			w.noteEach("", func(int) string { return "new" }, noteOf)
		}},

		{"Note", "outlives the store", atOnce, func(c *check) {
			w := c.newWatch()
			w.noteEach("", noteOf, noteOf)
			w.reopen(0)
			w.noteEach("", func(int) string { return "new" }, noteOf)
			w.wantNotes(noteOf)
		}},
	}
}

// note wants a call of Note to return want.
func (w *watch) note(shard int, old, next, want string) {
	got, err := w.reaper().Note(w.ctx, shard, old, next)
	w.wantNil("Note", "", err)
	if got != want {
		w.fail("Note(%q, %q) returns %q, want %q", old, next, got, want)
	}
}

// noteOf is a note that is like that of no other shard.
func noteOf(shard int) string { return fmt.Sprintf("of %d", shard) }

// noteEach wants a call of Note in each shard to return want.
func (w *watch) noteEach(old string, next, want func(shard int) string) {
	for shard := range w.traits.Shards {
		w.note(shard, old, next(shard), want(shard))
	}
}

// wantNotes wants the sweeps to return these notes.
func (w *watch) wantNotes(want func(shard int) string) {
	for i, s := range w.sweepEach() {
		if s.Note != want(i) {
			w.fail("Sweep returns the note %q, want %q", s.Note, want(i))
		}
	}
}
