package peers

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/store/driver"
)

// redisSweep compares the work of the server for a sweep that finds nothing to
// do: the time that it spends in scripts, by INFO commandstats.
func redisSweep(b *bench) {
	const few, many = 1000, 1_000_000
	one, other := b.sweeper(few), b.sweeper(many)
	var ours, theirs []float64
	for range b.rounds {
		theirs = append(theirs, one.cost())
		ours = append(ours, other.cost())
	}
	b.compare(goals.Result{Backend: "redis", Op: "sweep", Load: "idle, n=1000000", Unit: "× the server CPU at n=1000", Goal: goals.AtMost(1.5)}, ours, theirs, nanoseconds)
}

// sweeper sweeps a fleet that lives, on a server of its own.
type sweeper struct {
	b      *bench
	reaper driver.Reaper
	client *redis.Client
}

func (b *bench) sweeper(n int) sweeper {
	server := redistest.Start(b)
	s := b.newRedis(server, lifetimes())
	b.setOnline(s, workspaces(n))
	return sweeper{b, s, server.Client(b)}
}

// cost returns how many nanoseconds the server spends on a sweep.
func (s sweeper) cost() float64 {
	const sweeps = 500
	before := s.scripts()
	for range sweeps {
		_, err := s.reaper.Sweep(context.Background(), 0, driver.SweepOptions{Interval: time.Second})
		s.b.must(err)
	}
	return float64(s.scripts()-before) * 1000 / sweeps
}

// scripts returns how many microseconds the server has spent in scripts.
func (s sweeper) scripts() (sum int) {
	info, err := s.client.Info(context.Background(), "commandstats").Result()
	s.b.must(err)
	for _, m := range regexp.MustCompile(`cmdstat_eval\w*:calls=\d+,usec=(\d+)`).FindAllStringSubmatch(info, -1) {
		n, err := strconv.Atoi(m[1])
		s.b.must(err)
		sum += n
	}
	return sum
}
