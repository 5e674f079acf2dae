package conformance

import (
	"slices"

	"github.com/molecule-ai/liveness/store"
)

// twin is a method that does what another one does. The checks of the other one are made
// again with it.
type twin struct {
	clause string
	op, of string
	checks []string // names
}

// twins returns the methods that have checks of another one.
func twins() []twin {
	refreshes := []string{
		"strange ids are all different workspaces",
		"a life outlives the store, and time goes on meanwhile",
		"a refresh gives a full TTL from now",
		"a refresh a moment after another gives a full TTL",
		"a refresh at the last moment gives a full TTL",
		"a refresh does not bring back the dead",
		"a refresh does not bring back the cleared",
		"a refresh of one extends no other",
		"heartbeats do not keep URLs",
		"a refresh does not undo a Clear that it races with",
		"the operations on a workspace are linearizable",
		"a heartbeat does not undo an Expire that it races with",
		"a refresh at the last moment moves the death",
		"a death has its deadline",
		"a death that no sweep saw is dated by at most a TTL too early",
		"a refresh that is refused ends no death",
		"a grant is a comeback once its deadline has passed",
		"a heartbeat after a withdrawal begins anew",
	}
	sets := []string{
		"strange ids are all different workspaces",
		"a life outlives the store, and time goes on meanwhile",
		"a workspace is online until its TTL has passed",
		"a workspace that is offline has URLs",
		"heartbeats do not keep URLs",
		"set online again it has a full TTL from then",
		"a dead workspace can be set online again",
		"the operations on a workspace are linearizable",
		"each workspace of many is taken and kept, or refused",
		"heartbeats succeed at the limit",
		"a refused workspace changes nothing",
		"dead workspaces make room",
		"deaths make room",
		"a refused workspace keeps its death",
		"an expired workspace can come back",
		"a workspace that came back before the claim is not leased",
		"a workspace that came back before the sweep is not detected",
		"a workspace that came back is not leased when its delay passes",
		"a lease outlasts any number of lives",
		"the next silence is a new death",
		"a comeback and an acknowledgement are one after the other",
		"a comeback and a hand-out are one after the other",
		"a comeback and a sweep are one after the other",
		"a comeback and an adoption are one after the other",
		"a heartbeat after a withdrawal begins anew",
	}
	return []twin{
		{"Batcher", "RefreshMany", "RefreshTTL", append(refreshes,
			"For is asked for the id as it is",
			"a life shortened by a refresh is detected in time")},
		{"C13", "RefreshFor", "RefreshTTL", refreshes},
		{"Registrar", "Register", "SetOnline", append(sets,
			"For is asked for the id as it is",
			"SetOnline moves the death, earlier too",
			"a workspace is recent until it is back, which is counted, or cleared")},
		{"C13", "SetOnlineFor", "SetOnline", sets},
		{"Batcher", "ClearMany", "Clear", []string{
			"strange ids are all different workspaces",
			"Clear forgets the URLs of an offline workspace",
			"Clear of an unknown workspace succeeds",
			"a life after Clear is a new one",
			"Clear is one step for all readers",
			"a cleared workspace stays cleared when the store is opened again",
			"a refresh does not undo a Clear that it races with",
			"the operations on a workspace are linearizable",
			"Clear makes room for one",
			"an adopted workspace is dead when it is due, unless it is heard from",
			"workspaces that were acknowledged recently are not adopted, and returned",
			"a workspace is recent until it is back, which is counted, or cleared",
			"a sweep counts the online, ready, fresh, leased, delayed and recent",
			"a Clear after a withdrawal begins anew",
			"a withdrawal after a Clear leaves the workspace cleared",
			"a Clear and a call of the holder are one after the other",
			"a Clear and a sweep are one after the other",
		}},
	}
}

// twinChecks returns the checks of these methods.
func twinChecks(others []entry) (all []entry) {
	for _, t := range twins() {
		for _, e := range others {
			if slices.Contains(t.checks, e.name) {
				all = append(all, entry{t.clause, e.name + ", by " + t.op, e.kind, t.tell(e)})
			}
		}
	}
	return all
}

// tell makes a check with the twin.
func (t twin) tell(e entry) func(*check) {
	return func(c *check) {
		switch t.clause {
		case "Batcher":
			c.batcher()
		case "Registrar":
			c.registrar()
		default:
			c.granter()
		}
		c.twins = map[string]string{t.of: t.op}
		c.tell(e)
	}
}

// call calls the method or its twin.
func (c *check) call(op, id string) (called string, err error) {
	if twin, ok := c.twins[op]; ok {
		op = twin
	}
	switch op {
	case "SetOnline":
		err = c.s.SetOnline(c.ctx, id)
	case "RefreshTTL":
		err = c.s.RefreshTTL(c.ctx, id)
	case "Clear":
		err = c.s.Clear(c.ctx, id)
	case "SetOnlineFor":
		err = store.SetOnlineFor(c.ctx, c.s, id, c.ttl)
	case "RefreshFor":
		err = store.RefreshFor(c.ctx, c.s, id, c.ttl)
	case "Register":
		r, _ := store.As[store.Registrar](c.s)
		err = r.Register(c.ctx, id, "", "")
	case "ClearMany":
		ids, _ := c.list(id)
		err = store.ClearMany(c.ctx, c.s, ids)
	case "RefreshMany":
		ids, at := c.list(id)
		var found []bool
		if found, err = store.RefreshMany(c.ctx, c.s, ids); err == nil && !found[at] {
			err = &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
		}
	}
	return op, err
}

// list returns the id alone, and every other time between two that are unknown, and where it
// is in the list.
func (c *check) list(id string) (ids []string, at int) {
	if c.lists.Add(1)%2 == 0 {
		return []string{id}, 0
	}
	return []string{"unknown-before", id, "unknown-behind"}, 1
}
