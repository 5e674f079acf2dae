-- Discover: puts workspaces that are online into the index, and lowers a bound that is too
-- late. A bound within half a TTL is left to the sweep, which reaches it before the search
-- comes round again.
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
    local ms = value == 'online' and remaining(id)
    if ms then recordLife(id, now + ms) end
    if value and value ~= 'online' then done[i] = 0 end
  elseif tonumber(bound) > now + ttl / 2 then
    local ms = remaining(id)
    if ms and now + ms < tonumber(bound) then redis.call('ZADD', deadlines, now + ms, id) end
  end
end
return done
