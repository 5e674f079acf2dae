// Package monitor reports workspaces that stopped being online: each death to
// one handler, soon, and again until it is handled.
//
//	m, err := monitor.New(s, monitor.Config{})
//	err = m.Run(ctx, func(ctx context.Context, d monitor.Death) error { … })
//
// Any number of monitors may run on one store, in one process or in many. They
// need nothing but the store: no subscription, no server configuration, no
// clock that agrees with another.
//
// # Silence is not death
//
// A missing heartbeat proves only that no heartbeat arrived. Before a death is
// handed out a monitor weighs the evidence:
//
//	  the deadline passes, or store.Expire
//	               │
//	               ▼
//	┌──────────▶ ready
//	│              │
//	│ waits        ▼
//	├── yes ──── grace?   no sweep for a while, or data was lost
//	├── yes ──── pause?   an operator
//	├── yes ──── hold?    too many are silent at once
//	├── yes ──── loss?    lost heartbeats explain the silence
//	│              │ no
//	│              ▼
//	│            Claim    leased to this monitor
//	│              │
//	│            Probe?   a second witness ── alive ──▶ Withdraw: online for its TTL
//	│              │ dead, or there is none
//	│              ▼
//	│            Begin    still offline? ─── no ──────▶ it came back
//	│              │ yes: handed out
//	│              ▼
//	└─ error ─── handler ─── nil ─────────────────────▶ Acknowledge
//	  Backoff
//
// Where there is a Probe, it is asked before hold and loss, and its word decides. A
// death by store.Expire passes hold and loss. Grace and pause delay it, and a Probe that
// says alive withdraws it, too. A heartbeat ends a death in each
// step. A handler that is running by then goes on, and may ask [Recheck].
//
// # Guarantees
//
// P1. No miss: a workspace that falls silent is reported once per silence. It is
// reported within 50 ms (p99) of its deadline, where the store is idle and none of
// the steps above applies. Three kinds of deaths are later. A TTL that is granted
// between two sweeps, and is shorter than the Interval, is up to one Interval late.
// A TTL that another program shortened behind the store's back waits until the next
// search finds it. While another monitor takes over from one that was killed, any
// death is up to 4.2 Intervals late; if that is longer than patience (R6 of package
// driver), a grace begins as well (P5).
//
// P2. No false report: a death is created only by an atomic step that saw the
// deadline passed, and verified by another one just before the handler runs.
//
// P3. Delivery: a death is handed out at least once, until a handler returns nil
// or the workspace is online again. That holds also if the monitor that held it was
// killed or everything restarted. After a failure the next attempt waits for
// the Backoff. Time in which handing out is forbidden does not count towards
// KeepDeaths.
//
// P4. Exclusivity: at most one handler per workspace at a time. While a handler
// holds a lease no later death of the workspace is handed out, even if the
// workspace came back and fell silent again. A handler runs beside another for
// the same workspace only if the other one's monitor was paused for longer than
// its lease, or if it ignores the end of its context.
//
// P5. Continuity: a gap of g without a sweep, longer than patience (R6 of package driver),
// begins a grace of min(g + heartbeat, TTLs.Liveness), in which nothing is handed out. Lost data and a
// clock of the store that was put back begin one of TTLs.Liveness. The first
// monitor of a store begins with one, too.
//
// P6. Hold, or self-preservation: nothing is handed out while the evidence says
// that heartbeats do not arrive. Where one workspace is the whole fleet, its
// silence is a death; a Probe is the cure.
//
// P7. Time is that of the store, and nothing but the store is needed.
//
// # Many monitors
//
// One of the monitors leads, so that eight cost the store about as much as one:
//
//	              the leader has written nothing for an Interval, or has resigned
//	┌───────────┐ ──────────────────────────────────────────────────────────────▶ ┌───────┐
//	│ following │                                                                 │ leads │
//	└───────────┘ ◀────────────────────────────────────────────────────────────── └───────┘
//	              another monitor has written that it leads, or Run ends
//
//	leads      sweeps every shard, and writes that into the store once per Interval
//	following  reads that; sweeps only while deaths wait for a free handler or a
//	           shard does not answer the leader
//
// Leading decides the cost alone: any monitor may claim at any time, and two that both
// lead for a moment do no harm. Where the data is in this process every monitor leads.
//
// # The rule of P6
//
// A workspace is silent if it is online and was not heard from for 2.5
// heartbeats. A panel of 64 workspaces is watched for that, or all of them, up
// to 10,000, where the data is in this process. Each shard has its part of the
// panel; the deaths of a shard whose part cannot be looked at wait. The panel and
// the deaths that were never handed out are counted together, at the same moment.
// Deaths by store.Expire count nowhere and are handed out also during a hold.
//
//	                  evidence, and a death is ready
//	┌────────┐ ──────────────────────────────────────────────▶ ┌────────┐
//	│ normal │                                                 │  hold  │
//	└────────┘                                                 └────────┘
//	     ▲                                                      ▲  │   │
//	     │ no death waits       new evidence, or now half is    │  │   │ Hold.Most is over,
//	     │                      silent                          │  │   │ and half was silent
//	┌──────────┐ ───────────────────────────────────────────────┘  │   ▼
//	│ recovery │ ◀──── calm, Hold.Partial is over, or EndHold ─────┘  ┌────────────┐
//	└──────────┘ ◀──── most of the fleet is heard from, or EndHold ───│ slow start │
//	                                                                  └────────────┘
//
//	normal      a ready death is handed out at once
//	hold        none is, but by store.Expire and where a Probe says dead
//	slow start  a few are: as many as came back, or by the clock while none does
//	recovery    they are gradually: by each monitor 2 % of the fleet per second, at a
//	            heartbeat of 30 s
//
// A hold begins with a death that is ready while at least two workspaces are silent
// or dead, and these are surely more than Hold.Share of the fleet (the lower end of
// the 95 % interval). Of 200 workspaces over a server, a quarter that falls silent
// begins one nine times in ten, and a third nearly always. A hold also begins while
// none is online and two are dead.
//
// It ends with calm: the panel was watched for 1.2 heartbeats and showed no such
// evidence. A time in which no monitor could look proves nothing. At the latest it ends
// after Hold.Partial, or after Hold.Most if half of the fleet was silent. A slow start
// hands out 2 % of the fleet, at most 8, then one more for each that came back. While
// fewer come back than it began with, it hands out as many again after 2, 6 and 14 TTLs, and
// from the tenth TTL on also 2 % of the fleet per TTL. A workspace that is heard from by then is never handed out.
//
// Lost heartbeats are learnt from silences that ended by themselves. Say that a
// part p of the heartbeats is lost. Then a death is handed out only once it has
// missed so many, n, that a chance of fleet × pⁿ is below one in a million.
//
// A Probe that says dead hands a death out at once, whatever the rule says.
//
// # How close workspaces come
//
// The monitor that leads observes the silences of its panel: from one heartbeat of a
// workspace to the next. It keeps how long they were, by day, in the store, and which
// workspaces came closest to their TTL; see [Silences]. Where the data is in this
// process that is every silence of up to 10,000 workspaces. On a server it is a sample
// of 64 at a time, and a workspace is a member for an hour at heartbeats of 30 s, so
// that each has its turn. It costs the store a draw of new members about every four
// minutes then, and nothing else.
//
// The length is exact if heartbeats of a workspace are more than a sixth of the interval
// apart. Of two that are closer only the later may be seen, and a silence may then count as
// up to a sixth of the interval longer. A silence is not counted if the panel was not looked at throughout, if many workspaces
// were silent in it (a hold protects these), or if it ended as a death that was handed
// out. The silences are written every 20 heartbeats, so a leader that is killed loses
// the silences of up to 20 heartbeats. With a Hold.Share of 1 nothing is observed.
//
// # Where to start
//
// [Monitor.Run] starts all that runs. A death goes through shard.step, claimReady,
// guard.judge, claim, and in a goroutine of its own through attempt, call and tell.
//
//	monitor.go    New, Run, Handler
//	config.go     Config
//	leader.go     which monitor leads
//	shard.go      sweeping a shard
//	claim.go      claiming what is ready there
//	pool.go       places for handlers
//	attempt.go    probe, begin, call, tell
//	lease.go      extending leases, Recheck
//	probe.go      the second witness
//
// Whether a death may be handed out (P5, P6):
//
//	grace.go      no sweep for a while
//	guard.go      the verdict: gather, agree, decide
//	fleet.go      the counts of all shards, of one moment
//	evidence.go   which part of the fleet is silent
//	hold.go       the states above
//	recovery.go   slow start, and handing out gradually
//	loss.go       lost heartbeats
//	panel.go      the workspaces that are watched
//	members.go    which these are
//	beats.go      when each was heard from
//
// What monitors keep in the store:
//
//	shared.go     the state that they agree on
//	note.go       reading and changing it
//	agreement.go  Agreement, as others see it
//	silence.go    the silence that a workspace of the panel is in
//	ledger.go     silences that are not written yet
//	silences.go, silences_text.go
//	              Silences, and their text in the shared state
//
// Beside these:
//
//	owner.go      Config.Expected
//	discovery.go  searching for workspaces that other programs registered
//	control.go    Pause, Resume, EndHold, Pending
//	event.go      events, their counters and log lines
//	mailbox.go    events for the Logger and Config.Observe, which may hang
//	notice.go     telling of a change once, however many shards there are
//	status.go     Status, Health
//	clock.go      the time of the store
//	callback.go   calling the user's functions
package monitor
