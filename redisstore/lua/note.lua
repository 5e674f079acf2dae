-- Note.
--
-- ARGV   3 old note  4 new note
-- reply  the note after this step
local old, new = ARGV[3], ARGV[4]
local note = redis.call('HGET', info, ':note') or ''
if note == old then
  note = new
  redis.call('HSET', info, ':note', new)
end
return note
