package peers

// row is one line of the table of goals.
type row struct {
	name    string // the part before the slash is the backend
	measure func(*bench)
	long    bool // takes minutes, and is left out with -short
}

func rows() []row {
	return []row{
		{name: "memory/refresh", measure: memoryRefresh},
		{name: "memory/allocations", measure: memoryAllocations},
		{name: "memory/isonline", measure: memoryIsOnline},
		{name: "memory/geturl", measure: memoryGetURL},
		{name: "memory/bytes", measure: memoryBytes},
		{name: "memory/growth", measure: memoryGrowth},
		{name: "bbolt/heartbeat", measure: boltHeartbeat},
		{name: "bbolt/bytes", measure: boltBytes, long: true},
		{name: "bbolt/setonline", measure: boltSetOnline},
		{name: "bbolt/isonline", measure: boltIsOnline},
		{name: "bbolt/open", measure: boltOpen},
		{name: "bbolt/growth", measure: boltGrowth},
		{name: "redis/refresh", measure: redisRefresh},
		{name: "redis/lone", measure: redisLone},
		{name: "redis/monitor", measure: redisMonitor},
		{name: "redis/refreshmany", measure: redisRefreshMany},
		{name: "redis/clear", measure: redisClear},
		{name: "redis/sweep", measure: redisSweep},
		{name: "redis/growth", measure: redisGrowth},
		{name: "redis/lateness", measure: redisLateness, long: true},
	}
}
