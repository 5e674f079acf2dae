package conformance

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// tell tells the story of a check, whose lines a failure names.
func (c *check) tell(e entry) {
	c.story = runtime.FuncForPC(reflect.ValueOf(e.tell).Pointer()).Name()
	e.tell(c)
}

// fail ends the check with a reason, the step that gives it, and the steps before.
// Of many callers the first is enough.
func (c *check) fail(format string, args ...any) {
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.t.Fatalf("%s: %s%s", c.place(), fmt.Sprintf(format, args...), &c.steps)
}

// place returns the line of the story, and then the functions that it calls, down to the one
// that fails.
func (c *check) place() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	var path []string
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		at := fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		if frame.Function == c.story || strings.HasPrefix(frame.Function, c.story+".") {
			path = append(path, at)
			break
		}
		path = append(path, fmt.Sprintf("%s (%s)", nameOf(frame.Function), at))
	}
	slices.Reverse(path)
	return strings.Join(path, " > ")
}

// nameOf returns the name of a function without its package and receiver.
func nameOf(function string) string {
	_, name, _ := strings.Cut(function[strings.LastIndexByte(function, '/')+1:], ".")
	if _, method, ok := strings.Cut(name, ")."); ok {
		name = method
	}
	return name
}

// called notes a call that has returned, and gives the attempt up if that was late.
func (c *check) called(op, id string) {
	if id == "" {
		c.steps.add(op)
	} else {
		c.steps.add(fmt.Sprintf("%s(%q)", op, id))
	}
	c.giveUpIfLate()
}

// steps are the last steps of a story: the calls, and the time that passed.
type steps struct {
	mu   sync.Mutex
	last []step
}

type step struct {
	text  string
	times int
}

// add adds a step, or counts it if it is the same as the last one.
func (s *steps) add(text string) {
	const most = 8
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.last); n > 0 && s.last[n-1].text == text {
		s.last[n-1].times++
		return
	}
	if len(s.last) == most {
		s.last = slices.Delete(s.last, 0, 1)
	}
	s.last = append(s.last, step{text, 1})
}

// String returns the line that follows the reason of a failure.
func (s *steps) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.last) == 0 {
		return ""
	}
	texts := make([]string, len(s.last))
	for i, step := range s.last {
		texts[i] = step.text
		if step.times > 1 {
			texts[i] += fmt.Sprintf(" ×%d", step.times)
		}
	}
	return "\nthe last steps: " + strings.Join(texts, ", ")
}
