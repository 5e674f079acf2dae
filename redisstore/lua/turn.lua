-- Discover: gives the search to one searcher as long as it goes on searching.
--
-- ARGV   3 name of the searcher  4 for how long the search is its own
-- reply  0 if another has it, 1 if it was taken over, 2 if the searcher had it
--        before
local name, lease = ARGV[3], tonumber(ARGV[4])
local holder, ends = string.match(redis.call('HGET', info, ':search') or '', '^(%w+)|(%d+)$')
local turn = 2
if holder ~= name then
  local rest = (ends or 0) - now
  if rest > 0 and rest <= lease then return 0 end
  turn = 1
end
redis.call('HSET', info, ':search', name .. '|' .. (now + lease))
return turn
