-- lowest returns the lowest score of a queue that is not below 0, or nil.
local function lowest(key)
  return tonumber(redis.call('ZRANGEBYSCORE', key, 0, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2])
end

-- moveBounds gives the living new bounds. If a life that Withdraw or SetOnlineFor granted
-- ends at another time than was granted, its workspace has been heard from.
local function moveBounds(ids, bounds)
  if #ids == 0 then return end
  local moves = {}
  for i, id in ipairs(ids) do
    moves[2 * i - 1], moves[2 * i] = bounds[i], id
  end
  redis.call('ZADD', deadlines, unpack(moves))
  for i, text in ipairs(redis.call('HMGET', info, unpack(ids))) do
    local r = parse(text)
    if r and r.deadline > 0 and not sameLife(math.min(r.deadline, now + ttl), bounds[i]) then
      countReturn(ids[i])
      if r.kind == 'L' then
        r.deadline = 0
        write(ids[i], r)
      else
        redis.call('HDEL', info, ids[i])
      end
    end
  end
end

-- detect looks at the workspaces with the lowest bounds up to till, at most at so many. The
-- living get their deadline as the new bound; the others are dead once their bound has
-- passed. KeepDeaths counts from the deadline, or from the time from if that is later. It
-- returns the ids of the dead, how many workspaces it looked at, and the last bound among
-- them.
local function detect(till, most, from, patience)
  local list = redis.call('ZRANGEBYSCORE', deadlines, 0, till, 'WITHSCORES', 'LIMIT', 0, most)
  local dead, ids, bounds = {}, {}, {}
  for i = 1, #list, 2 do
    local id, bound = list[i], tonumber(list[i + 1])
    local ms, foreign = remaining(id)
    if ms and (bound <= now or now + ms > bound) then
      ids[#ids + 1], bounds[#bounds + 1] = id, now + ms
    elseif foreign then
      redis.call('ZREM', deadlines, id)
    elseif not ms and bound <= now then
      dieSilent(id, bound, math.max(from, allowedTime() - (now - bound)), patience)
      dead[#dead + 1] = id
    end
  end
  moveBounds(ids, bounds)
  return dead, #list / 2, tonumber(list[#list] or now)
end
