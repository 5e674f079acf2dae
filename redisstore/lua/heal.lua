-- heal mends what the loss of one key of the index has left, a page of the records at a
-- time: a death or a lease that is in no queue, and a death that is not fresh though it
-- was never handed out. It returns the next cursor, 0 after the last page.
local function heal(cursor)
  local page = redis.call('HSCAN', info, string.format('%.0f', cursor), 'COUNT', 50)
  for i = 1, #page[2], 2 do
    local id, r = page[2][i], parse(page[2][i + 1])
    if r and r.kind ~= 'W' then
      local queued = redis.call('ZSCORE', leased, id) or redis.call('ZSCORE', delayed, id)
      local isReady = redis.call('ZSCORE', ready, id)
      if not (queued or isReady) then
        local due = r.cause == 'a' and math.min(r.deadline, now + ttl) or now
        endLease(id, math.max(now, due))
      end
      if isDeath(r) and r.attempts == 0 and (r.cause ~= 'a' or isReady) then
        redis.call('ZADD', fresh, 'NX', r.cause == 'e' and allowedTime() - EXPIRED or allowedTime(), id)
      end
    end
  end
  return tonumber(page[1])
end

-- dropOrphans takes the oldest members without a record out of the queues, and returns
-- how many there were.
local function dropOrphans()
  local dropped = 0
  for _, key in ipairs({ready, leased, delayed, fresh}) do
    for _, id in ipairs(redis.call('ZRANGE', key, 0, 49)) do
      if not read(id) then dropped = dropped + redis.call('ZREM', key, id) end
    end
  end
  return dropped
end
