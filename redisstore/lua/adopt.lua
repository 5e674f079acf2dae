-- Adopt.
--
-- ARGV   3 when the deaths are ready  4… ids
-- reply  the ids that were acknowledged too recently
local due = math.max(now, tonumber(ARGV[3]))
local acknowledged = {}
for i = 4, #ARGV do
  local id = ARGV[i]
  if not (redis.call('ZSCORE', deadlines, id) or noticeComeback(id) or isDeath(read(id))) then
    if isRecent(id) then
      acknowledged[#acknowledged + 1] = id
    else
      die(id, due, 'a', 0, 0)
    end
  end
end
return acknowledged
