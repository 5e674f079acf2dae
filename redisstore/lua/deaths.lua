-- Deaths: one page of those that are pending.
--
-- ARGV   3 cursor  4 about how many
-- reply  the next cursor; of each death its id, deadline, attempts, cause, since,
--        phase (r, l, d) and the end of the lease or delay, 0 if it is ready
local page = redis.call('HSCAN', info, ARGV[3], 'COUNT', ARGV[4])
local found = {}
for i = 1, #page[2], 2 do
  local id, r = page[2][i], parse(page[2][i + 1])
  if isDeath(r) then
    local phase, ends = 'r', leaseEnd(id)
    if ends then
      phase = 'l'
    else
      ends = tonumber(redis.call('ZSCORE', delayed, id) or 0)
      if ends > now then phase = 'd' else ends = 0 end
    end
    for _, v in ipairs({id, r.deadline, r.attempts, r.cause, r.since, phase, ends}) do
      found[#found + 1] = v
    end
  end
end
return {page[1], found}
