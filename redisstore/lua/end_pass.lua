-- Discover: records the end of a full pass.
--
-- reply  now
setState(':passed', now)
return now
