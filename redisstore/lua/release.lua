-- Release.
--
-- KEYS   8 liveness key
-- ARGV   3 time after which the death is ready  4 token  5 id
-- reply  1 if the caller was the holder, else 0
local after, token, id = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local stands, r = standing(id, token)
if stands == LOST then return 0 end
if stands == CAME_BACK then
  endLease(id, now)
else
  dequeue(id)
  r.token = '0'
  write(id, r)
  enqueue(id, r, now + after)
end
return 1
