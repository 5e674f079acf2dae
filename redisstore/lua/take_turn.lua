-- Discover: leases the search to one searcher at a time.
--
-- ARGV   3 name of the searcher  4 lease
-- reply  0 if another searcher has the lease, 1 if this one has taken it over, 2 if it
--        had it before
local name, lease = ARGV[3], tonumber(ARGV[4])
local holder, ends = string.match(redis.call('HGET', info, ':search') or '', '^(%w+)|(%d+)$')
local turn = 2
if holder ~= name then
  local remains = (ends or 0) - now
  if remains > 0 and remains <= lease then return 0 end
  turn = 1
end
redis.call('HSET', info, ':search', name .. '|' .. (now + lease))
return turn
