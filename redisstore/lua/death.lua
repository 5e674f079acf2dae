-- sameLife reports whether two ends of a life are the same, to within the
-- precision of PTTL in a script: the workspace was not heard from in between.
local function sameLife(granted, ends)
  return math.abs(granted - ends) <= 5
end

-- die records a death with the given deadline and cause. KeepDeaths counts from the given
-- time. Ends is the end of the life that the workspace had. If Withdraw granted that life,
-- the silence goes on: since stays.
local function die(id, deadline, cause, from, ends)
  local before = read(id)
  local r = {kind = 'D', cause = cause, deadline = deadline, token = '0', attempts = 0, since = deadline}
  if before and before.kind == 'L' and leaseEnd(id) then
    r.kind, r.token = 'N', before.token
  elseif before and before.kind == 'L' then
    redis.call('ZREM', leased, id)
  elseif before and before.since > 0 and sameLife(before.deadline, ends) then
    r.since = before.since
  end
  write(id, r)
  redis.call('ZREM', deadlines, id)
  if cause ~= 'a' then
    redis.call('ZADD', fresh, cause == 'e' and from - EXPIRED or from, id)
  end
  if r.kind == 'D' then enqueue(id, r, deadline) end
end

-- dieSilent records the death of a workspace whose bound has passed. Plain refreshes
-- leave the bound alone, so the workspace may have been heard from until one TTL
-- ago; if the bound passed no more than patience ago, it counts as not heard from.
local function dieSilent(id, bound, from, patience)
  die(id, math.max(bound, now - ttl), 's', from, now - bound <= patience and bound or 0)
end
