-- Claim.
--
-- ARGV   3 lease  4 the most deaths to claim  5 latest deadline, or 0
--        6 1 for those by Expire alone, else 0
-- reply  of each death its id, deadline, token, attempt, cause and since
local lease, most, latest, onlyExpired = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1'
if now < state(':grace') then return {} end
local ADVANCED = 50 -- deaths, before a claim
advance(ADVANCED)

-- A token is never below the time in microseconds, so that also after a loss of
-- data none is given twice.
local token = math.max(state(':token'), time[1] * 1000000 + time[2])
local claimed, count = {}, 0

local function claim(id, r)
  token = token + 1
  count = count + 1
  r.token = string.format('%.0f', token)
  dequeue(id)
  write(id, r)
  redis.call('ZADD', leased, now + lease, id)
  for _, v in ipairs({id, r.deadline, token, r.attempts + 1, r.cause, r.since}) do
    claimed[#claimed + 1] = v
  end
end

-- Deaths that cannot be claimed are passed over, so a claim of a few reads more,
-- up to a bound: those that came back and those whose deadline is too late.
local page = latest > 0 and math.max(most, 200) or most
local reads = 5 * math.max(page, 100)

-- claimFrom claims the deaths with scores between two, lowest first.
local function claimFrom(from, to, any)
  local passed = 0
  while count < most and reads > 0 do
    local list = redis.call('ZRANGEBYSCORE', ready, from, to, 'LIMIT', passed, page)
    if #list == 0 then return end
    reads = reads - #list
    for _, id in ipairs(list) do
      if count == most then return end
      local r = read(id)
      if not isDeath(r) then
        removeDeath(id)
      elseif not any and latest > 0 and r.deadline > latest then
        passed = passed + 1
      elseif not noticeComeback(id) then
        claim(id, r)
      end
    end
  end
end

claimFrom('-inf', '(0', true)
if not onlyExpired then claimFrom(0, '+inf', false) end
if count > 0 then setState(':token', token) end
return claimed
