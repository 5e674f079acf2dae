-- graceEnd is the rule of R6, as in Traits.GraceEnd: the end of the grace after a
-- sweep now, with the tick and the end before, 0 if there was none.
local function graceEnd(tick, ends, seen, patience, heartbeat)
  local gap = now - tick
  if tick == 0 or gap < 0 or seen > tick then return now + ttl end
  if gap > patience then
    if ends > tick then
      ends = math.max(ends + gap, now + patience + heartbeat)
    else
      ends = now + gap + heartbeat
    end
  end
  return math.min(ends, now + ttl)
end
