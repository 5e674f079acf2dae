-- Discover: records the end of a full pass.
--
-- reply  now
keep(':passed', now)
return now
