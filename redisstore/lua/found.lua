-- Discover: puts workspaces that are online into the index, and lowers a bound
-- that is too late. A bound that passes before the search comes round again is the sweep's.
--
-- ARGV   3… ids whose liveness keys a search has found
-- reply  of each 1, or 0 if its key holds what no workspace has
local bounds = redis.call('ZMSCORE', deadlines, unpack(ARGV, 3))
local done = {}
for i, bound in ipairs(bounds) do
  done[i] = 1
  local id = ARGV[i + 2]
  if not bound then
    local value = redis.pcall('GET', prefix .. id)
    local ms = value == 'online' and left(id)
    if ms then live(id, now + ms) end
    if value and value ~= 'online' then done[i] = 0 end
  elseif tonumber(bound) > now + ttl / 2 then
    local ms = left(id)
    if ms and now + ms < tonumber(bound) then redis.call('ZADD', deadlines, now + ms, id) end
  end
end
return done
