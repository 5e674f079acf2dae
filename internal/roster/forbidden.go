package roster

import "time"

// mostSpells is how many spells are kept apart.
const mostSpells = 16

// Forbidden is when nothing could be handed out: the graces, the time before a
// sweep that said so, a time without a sweep but for its beginning, and the time in
// which the store was not open. It lets a death be kept for a length of time in
// which it could be handed out.
type Forbidden struct {
	Past   time.Duration // in all, before the spells
	Spells []Spell       // in order
	Until  time.Duration // up to here it is known
}

// Spell is a time in which nothing could be handed out.
type Spell struct{ From, To time.Duration }

// allowed returns the part of the time before at that is not forbidden. Of the time that is
// not known yet, the first patience after a grace that lasts until graceEnd is allowed.
func (f *Forbidden) allowed(at, graceEnd, patience time.Duration) time.Duration {
	left := min(at, f.Until) - f.Past
	for _, s := range f.Spells {
		left -= max(0, min(at, s.To)-s.From)
	}
	return left + max(0, min(patience, at-max(f.Until, graceEnd)))
}

// unswept makes the time up to now known, in which there was no sweep: the first patience
// after a grace that lasts until graceEnd is allowed.
func (f *Forbidden) unswept(now, graceEnd, patience, keep time.Duration) {
	end := max(f.Until, graceEnd) + patience
	f.add(Spell{f.Until, min(now, graceEnd)}, min(now, end), keep)
	f.add(Spell{end, now}, now, keep)
}

// add adds a spell, and makes everything up to its end, and up to now,
// known. A spell matters as long as a death from before it may be kept.
func (f *Forbidden) add(s Spell, now, keep time.Duration) {
	f.Until = now
	switch last := len(f.Spells) - 1; {
	case s.From >= s.To:
	case last >= 0 && f.Spells[last].To >= s.From:
		f.Spells[last].To = s.To
	default:
		f.Spells = append(f.Spells, s)
	}
	for len(f.Spells) > 0 && f.allowed(now, 0, 0)-f.allowed(f.Spells[0].To, 0, 0) >= keep {
		f.Past += f.Spells[0].To - f.Spells[0].From
		f.Spells = f.Spells[1:]
	}
	if len(f.Spells) > mostSpells {
		f.merge()
	}
}

// merge makes one spell of the two that are nearest to one another: a death may
// be kept for longer by that, and is not dropped earlier.
func (f *Forbidden) merge() {
	nearest := 1
	for i := range f.Spells[1:] {
		if f.gap(i+1) < f.gap(nearest) {
			nearest = i + 1
		}
	}
	f.Spells[nearest-1].To = f.Spells[nearest].To
	f.Spells = append(f.Spells[:nearest], f.Spells[nearest+1:]...)
}

// gap returns the time between a spell and the one before.
func (f *Forbidden) gap(i int) time.Duration { return f.Spells[i].From - f.Spells[i-1].To }
