-- The scripts of outbox.py: who sends which notice, and what came of it. jobs.lua writes the rows.
-- ARGV[1] is how far the caller's clock is ahead of Redis' (0 but in tests), in milliseconds.
--
-- notice:<id>      the row               deliveries:<id>  what came of each attempt, as JSON
-- outbox           hosts by the time something of theirs is to be looked at
-- outbox:<host>    its notices by the time they are due, or their claim runs out
-- busy:<host>      its notices being sent, by the time their claim runs out
-- gone:<key>:<sha1 of a URL>   a receiver that answered 410
--
-- Each host has a queue of its own, so that one that is slow, and full, delays no other.

local P = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[1])

local function row(id) return P .. 'notice:' .. id end
local function get(id, field) return redis.call('HGET', row(id), field) end
local function gone(id)
  return P .. 'gone:' .. get(id, 'key_id') .. ':' .. redis.sha1hex(get(id, 'url'))
end

-- Set when *host* is to be looked at next: at its first due notice, or when a place gets free.
local function look_again(host, places)
  local due = redis.call('ZRANGE', P .. 'outbox:' .. host, 0, 0, 'WITHSCORES')[2]
  if not due then return redis.call('ZREM', P .. 'outbox', host) end
  local busy = redis.call('ZRANGE', P .. 'busy:' .. host, 0, 0, 'WITHSCORES')[2]
  if busy and redis.call('ZCARD', P .. 'busy:' .. host) >= places then
    due = math.max(tonumber(due), tonumber(busy))
  end
  redis.call('ZADD', P .. 'outbox', due, host)
end

--- claim
local _, limit, places, claim_ms = unpack(ARGV)
limit, places = tonumber(limit), tonumber(places)
local claimed = {}
for _, host in ipairs(redis.call('ZRANGEBYSCORE', P .. 'outbox', '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREMRANGEBYSCORE', P .. 'busy:' .. host, '-inf', now)
  local room = math.min(limit - #claimed, places - redis.call('ZCARD', P .. 'busy:' .. host))
  local due = room > 0
    and redis.call('ZRANGEBYSCORE', P .. 'outbox:' .. host, '-inf', now, 'LIMIT', 0, room) or {}
  for _, id in ipairs(due) do
    -- Due again when the claim is over: a sender that died keeps nothing back.
    redis.call('ZADD', P .. 'outbox:' .. host, now + claim_ms, id)
    redis.call('ZADD', P .. 'busy:' .. host, now + claim_ms, id)
    redis.call('HINCRBY', row(id), 'claims', 1)
    local told = {id = id, now = now}
    local fields = redis.call('HGETALL', row(id))
    for n = 1, #fields, 2 do told[fields[n]] = fields[n + 1] end
    claimed[#claimed + 1] = cjson.encode(told)
  end
  look_again(host, places)
end
return claimed

--- settle
local _, id, claim, state, delay_ms, delivery, kept, places, gone_ms = unpack(ARGV)
if redis.call('EXISTS', row(id)) == 0 then return {'forgotten'} end
redis.call('RPUSH', P .. 'deliveries:' .. id, delivery)
redis.call('LTRIM', P .. 'deliveries:' .. id, -tonumber(kept), -1)
-- Its claim ran out and another sender has it now, or it is to be sent anew: theirs is the word.
if get(id, 'claims') ~= claim then return {'stale'} end
local host, due = get(id, 'host'), 0
redis.call('ZREM', P .. 'busy:' .. host, id)
if state == 'waiting' then
  due = now + delay_ms
  redis.call('ZADD', P .. 'outbox:' .. host, due, id)
else
  redis.call('ZREM', P .. 'outbox:' .. host, id)
end
if state == 'disabled' then redis.call('SET', gone(id), now, 'PX', gone_ms) end
redis.call('HSET', row(id), 'state', state, 'due_at', due)
redis.call('HINCRBY', row(id), 'attempts', 1)
look_again(host, tonumber(places))
return {'ok'}

--- backlog
local waiting, due = 0, now
for _, host in ipairs(redis.call('ZRANGE', P .. 'outbox', 0, -1)) do
  waiting = waiting + redis.call('ZCARD', P .. 'outbox:' .. host)
  local first = redis.call('ZRANGE', P .. 'outbox:' .. host, 0, 0, 'WITHSCORES')[2]
  due = math.min(due, tonumber(first) or now)
end
return {tostring(waiting), tostring(now - due)}

--- redeliver
-- Begins the schedule anew, and takes a receiver that was gone back.
local _, id = unpack(ARGV)
if redis.call('EXISTS', row(id)) == 0 then return {'missing'} end
redis.call('DEL', gone(id))
local host = get(id, 'host')
local busy = redis.call('ZSCORE', P .. 'busy:' .. host, id)
-- It is being sent as we speak: a second one beside it would get round the limit of its host.
if busy and tonumber(busy) > now then return {'ok'} end
redis.call('HINCRBY', row(id), 'claims', 1)
redis.call('HSET', row(id), 'state', 'waiting', 'attempts', 0, 'due_at', now)
redis.call('ZADD', P .. 'outbox:' .. host, now, id)
redis.call('ZADD', P .. 'outbox', now, host)
return {'ok'}
