package monitor

import "sync"

// mailbox gives events to a function of the user, one at a time and in order. Its
// goroutine lives as long as there are events. A function that hangs or panics
// costs only itself.
type mailbox struct {
	what string
	most int // events that may wait
	take func(Event)

	mu      sync.Mutex
	waiting []Event
	busy    chan struct{} // closed when none is left; nil: there is none
}

// put reports whether there was room for the event.
func (b *mailbox) put(ev Event) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == b.most {
		return false
	}
	b.waiting = append(b.waiting, ev)
	if b.busy == nil {
		b.busy = make(chan struct{})
		go b.deliver()
	}
	return true
}

func (b *mailbox) deliver() {
	for ev, ok := b.next(); ok; ev, ok = b.next() {
		<-safely(b.what, func() error { b.take(ev); return nil })
	}
}

func (b *mailbox) next() (ev Event, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		close(b.busy)
		b.busy, b.waiting = nil, nil
		return ev, false
	}
	ev, b.waiting = b.waiting[0], b.waiting[1:]
	return ev, true
}

// idle returns a channel that is closed once nothing waits.
func (b *mailbox) idle() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy != nil {
		return b.busy
	}
	none := make(chan struct{})
	close(none)
	return none
}
