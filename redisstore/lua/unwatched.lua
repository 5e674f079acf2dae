-- dropUnwatched keeps the index small where no monitor sweeps: it drops a few
-- deaths whose KeepDeaths has passed, and detects a few workspaces whose bound is older than
-- KeepDeaths. Such a workspace may have died just now, since a plain refresh leaves the
-- bound alone.
local function dropUnwatched(keepDeaths)
  local few = 10
  if now - state(':tick') < keepDeaths then return end
  drop(keepDeaths, few)
  local late = redis.call('ZRANGEBYSCORE', deadlines, 0, now - keepDeaths, 'WITHSCORES', 'LIMIT', 0, few)
  for i = 1, #late, 2 do
    local id = late[i]
    local ms, foreign = remaining(id)
    if ms then
      redis.call('ZADD', deadlines, now + ms, id)
    elseif foreign then
      redis.call('ZREM', deadlines, id)
    else
      dieSilent(id, tonumber(late[i + 1]), allowedTime(), 0)
    end
  end
end
