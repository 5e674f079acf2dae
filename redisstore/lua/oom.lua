-- A server that is out of memory refuses only the first write of a script, and
-- only one that needs memory. This write needs none: the script goes on.
redis.call('ZREM', deadlines, ':')
