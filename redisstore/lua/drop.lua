-- drop drops deaths that were never handed out and whose KeepDeaths has passed,
-- at most so many, and returns how many it looked at.
local function drop(keepDeaths, most)
  local before = allowedTime() - keepDeaths
  local old = redis.call('ZRANGEBYSCORE', fresh, 0, before, 'LIMIT', 0, most)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', fresh, '-inf', before - EXPIRED, 'LIMIT', 0, most - #old)) do
    old[#old + 1] = id
  end
  local dropped = 0
  for _, id in ipairs(old) do
    if not leaseEnd(id) then
      removeDeath(id)
      dropped = dropped + 1
    end
  end
  if dropped > 0 then redis.call('HINCRBY', info, ':dropped', dropped) end
  return #old
end
