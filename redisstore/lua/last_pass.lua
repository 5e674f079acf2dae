-- Discover: when the last search ended.
--
-- reply  now, end of the last full pass or 0
return {now, state(':passed')}
