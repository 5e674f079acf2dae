-- Look, for workspaces whose liveness keys were absent a moment ago.
--
-- ARGV   3… ids
-- reply  of each the time for which it is online, in ms; or 0 unknown, -1
--        vanished, -2 dead and never handed out
local found = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local r = read(id)
  local ms = remaining(id)
  if ms then
    found[#found + 1] = ms
  elseif isRecent(id) then
    found[#found + 1] = 0
  elseif redis.call('ZSCORE', deadlines, id) then
    found[#found + 1] = -1
  elseif isDeath(r) and r.attempts == 0 then
    found[#found + 1] = -2
  else
    found[#found + 1] = 0
  end
end
return found
