-- The record of a workspace in info: kind, cause|deadline|token|attempts|since.
--
-- kind   D  a death; token, if not 0, is that of its last lease
--        N  a newer death, which waits for the end of a lease on an older one
--        L  a lease alone: the workspace came back or was cleared
--        W  neither; the life until deadline was granted by Withdraw, or by SetOnlineFor
--           while the workspace was recent. An L whose life SetOnlineFor granted so has
--           that deadline too.
-- cause  s  silence
--        a  Adopt
--        e  Expire
local function parse(text)
  local kind, cause, deadline, token, attempts, since =
    string.match(text or '', '^(%u)(%l)|(%d+)|(%d+)|(%d+)|(%d+)$')
  if not kind then return nil end
  return {
    kind = kind, cause = cause, deadline = tonumber(deadline),
    token = token, attempts = tonumber(attempts), since = tonumber(since),
  }
end

local function read(id)
  return parse(redis.call('HGET', info, id))
end

local function write(id, r)
  redis.call('HSET', info, id, string.format('%s%s|%.0f|%s|%d|%.0f',
    r.kind, r.cause, r.deadline, r.token, r.attempts, r.since))
end

-- isDeath reports whether the record is that of a death.
local function isDeath(r)
  return r ~= nil and (r.kind == 'D' or r.kind == 'N')
end

-- leaseEnd returns the end of a lease that has not ended, or nil.
local function leaseEnd(id)
  local ends = tonumber(redis.call('ZSCORE', leased, id) or 0)
  return ends > now and ends or nil
end

-- dequeue takes a death out of the queues and ends its lease.
local function dequeue(id)
  for _, key in ipairs({ready, leased, delayed}) do
    redis.call('ZREM', key, id)
  end
end

-- removeDeath ends the death and the lease.
local function removeDeath(id)
  dequeue(id)
  redis.call('ZREM', fresh, id)
  redis.call('HDEL', info, id)
end

-- endDeath ends the death of a workspace that is online or was cleared, and
-- reports whether there was a record. A lease that has not ended goes on.
local function endDeath(id)
  local r = read(id)
  if not r then return false end
  local ends = leaseEnd(id)
  removeDeath(id)
  if ends then
    redis.call('ZADD', leased, ends, id)
    write(id, {kind = 'L', cause = r.cause, deadline = 0, token = r.token, attempts = 0, since = 0})
  end
  return true
end
