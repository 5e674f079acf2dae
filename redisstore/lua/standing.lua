-- standing returns what a lease is worth to the holder of a token, as the driver
-- numbers it, and the record.
local LOST, HELD, CAME_BACK = 0, 1, 2

local function standing(id, token)
  local r = read(id)
  if not r or r.token ~= token or token == '0' then return LOST end
  if r.kind == 'D' and not noticeComeback(id) then return HELD, r end
  if leaseEnd(id) then return CAME_BACK, read(id) end
  return LOST
end
