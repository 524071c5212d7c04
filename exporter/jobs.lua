-- The scripts of jobs.py: every change of a job record, each atomic. The head below stands before
-- each part. KEYS[1] is the key prefix; times are milliseconds by Redis' own clock, so that no
-- worker's clock can expire another's lease.
--
-- job:<id>   the record            queued    ids by the time their message was sent
-- running    ids by lease end      retrying  ids by due time (the retry schedule)
-- deadlines  ids by the time they must have been claimed, or must have ended
-- ended      ids by the end of their retention     dead  ids that ended as worker_crashed
-- once:<key>:<hash>  the job an Idempotency-Key stands for, and the hash of its body
-- notice:<id>  what a webhook is to be told of an ending; the outbox of outbox.lua holds its id
-- metrics    the counters of metrics.py; endings are counted here, where each happens once

local P = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

local function job(id) return P .. 'job:' .. id end
local function get(id, field) return redis.call('HGET', job(id), field) end
local function num(id, field) return tonumber(get(id, field) or '0') end

local function leave_all(id)
  for _, set in ipairs({'queued', 'running', 'retrying', 'deadlines'}) do
    redis.call('ZREM', P .. set, id)
  end
end

-- Write what the job's webhook is to be told: in the same step as the ending, so that neither is
-- there alone. `ended` is the result or the failure, as JSON.
local function announce(id, state, ended)
  local webhook = cjson.decode(get(id, 'webhook') or '{}')
  local event, wanted = 'job.' .. state, false
  for _, each in ipairs(webhook.events or {}) do wanted = wanted or each == event end
  if not wanted then return end
  local nth = redis.call('HINCRBY', job(id), 'notices', 1)
  local notice, key_id = 'msg_' .. id:gsub('%-', '') .. '_' .. nth, get(id, 'key_id')
  local gone = redis.call('EXISTS', P .. 'gone:' .. key_id .. ':' .. redis.sha1hex(webhook.url)) == 1
  redis.call('HSET', P .. 'notice:' .. notice, 'job_id', id, 'key_id', key_id, 'event', event,
    'url', webhook.url, 'host', webhook.host, 'secret', webhook.secret, 'ended', ended or '',
    'state', gone and 'disabled' or 'waiting', 'attempts', 0, 'claims', 0,
    'created_at', now, 'due_at', gone and 0 or now)
  if gone then return end
  redis.call('ZADD', P .. 'outbox:' .. webhook.host, now, notice)
  redis.call('ZADD', P .. 'outbox', now, webhook.host)
end

-- A job whose cancellation was asked for ends cancelled, whoever ends it and however.
local function finish(id, state, field, ending, retention)
  if get(id, 'cancel_requested') then state, field = 'cancelled', nil end
  leave_all(id)
  redis.call('HSET', job(id), 'state', state, 'stage', state, 'ended_at', now, 'lease', 0)
  if field then redis.call('HSET', job(id), field, ending) end
  if state == 'completed' then redis.call('HSET', job(id), 'progress', 100) end
  redis.call('ZADD', P .. 'ended', now + retention, id)
  redis.call('HINCRBY', P .. 'metrics', 'export_jobs|' .. state, 1)
  announce(id, state, field and ending)
  return state
end

local function fail(id, code, endings, retention)
  local state = finish(id, 'failed', 'failure', cjson.encode(cjson.decode(endings)[code]), retention)
  if state == 'failed' and code == 'worker_crashed' then redis.call('ZADD', P .. 'dead', now, id) end
end

local function enqueue(id)
  redis.call('ZREM', P .. 'running', id)
  redis.call('ZREM', P .. 'retrying', id)
  redis.call('HSET', job(id), 'state', 'queued', 'stage', 'queued', 'lease', 0, 'due_at', 0)
  redis.call('ZADD', P .. 'queued', now, id)
end

local function holds(id, token)
  return get(id, 'state') == 'running' and get(id, 'token') == token
end

--- submit
-- The caller's Idempotency-Key and its job are written together, so that neither is there alone.
local id, key_id, priority, request, queue_ms, timeout_ms, once, body, once_ms, webhook = unpack(ARGV)
if once ~= '' then
  local known = redis.call('HMGET', P .. once, 'job_id', 'body')
  -- A job past its retention is nobody's any more, and its key is free again.
  if known[1] and redis.call('EXISTS', job(known[1])) == 1 then
    return known[2] == body and {known[1]} or {'reused'}
  end
  redis.call('HSET', P .. once, 'job_id', id, 'body', body)
  redis.call('PEXPIRE', P .. once, once_ms)
end
redis.call('HSET', job(id), 'key_id', key_id, 'priority', priority, 'request', request,
  'state', 'queued', 'stage', 'queued', 'progress', 0, 'attempts', 0, 'starts', 0, 'token', 0,
  'created_at', now, 'timeout_ms', timeout_ms)
if webhook ~= '' then redis.call('HSET', job(id), 'webhook', webhook) end
redis.call('ZADD', P .. 'queued', now, id)
redis.call('ZADD', P .. 'deadlines', now + queue_ms, id)
return {id}

--- claim
local id, worker, lease_ms, max_starts, retention, endings = unpack(ARGV)
local state = get(id, 'state')
if not state then return {'missing'} end
if state == 'running' and num(id, 'lease') > now then return {'leased'} end
if state == 'retrying' and num(id, 'due_at') > now then return {'waiting'} end
if state ~= 'queued' and state ~= 'running' and state ~= 'retrying' then return {state} end
local deadline = tonumber(redis.call('ZSCORE', P .. 'deadlines', id) or '0')
local first = not get(id, 'claimed_at')
if now >= deadline then
  fail(id, first and 'queue_timeout' or 'deadline_exceeded', endings, retention)
  return {'failed'}
end
if get(id, 'cancel_requested') or num(id, 'starts') >= tonumber(max_starts) then
  fail(id, 'worker_crashed', endings, retention)
  return {'failed'}
end
if first then
  deadline = now + num(id, 'timeout_ms')
  redis.call('ZADD', P .. 'deadlines', deadline, id)
  redis.call('HSET', job(id), 'claimed_at', now)
end
redis.call('ZREM', P .. 'queued', id)
redis.call('ZREM', P .. 'retrying', id)
redis.call('ZADD', P .. 'running', now + lease_ms, id)
redis.call('HINCRBY', job(id), 'starts', 1)
local token = redis.call('HINCRBY', job(id), 'token', 1)
redis.call('HSET', job(id), 'state', 'running', 'stage', 'claimed', 'worker', worker,
  'lease', now + lease_ms, 'due_at', 0)
return {'claimed', tostring(token), get(id, 'request'), get(id, 'attempts'),
  tostring(deadline - now),
  tostring(num(id, 'claimed_at') - math.max(num(id, 'created_at'), num(id, 'requeued_at')))}

--- beat
local id, token, lease_ms, stage, percent, done, total = unpack(ARGV)
if not holds(id, token) then return {'lost'} end
redis.call('HSET', job(id), 'lease', now + lease_ms, 'stage', stage, 'done', done, 'total', total)
redis.call('ZADD', P .. 'running', now + lease_ms, id)
if tonumber(percent) > num(id, 'progress') then redis.call('HSET', job(id), 'progress', percent) end
return {'ok'}

--- finish
-- Told twice by the same attempt (its first answer was lost with the connection), it is still ok:
-- an attempt that believes itself beaten deletes its object.
local id, token, state, ending, retention = unpack(ARGV)
local field = ({completed = 'ending', failed = 'failure'})[state]
local told = get(id, 'state') == state and get(id, 'token') == token
if told and (not field or get(id, field) == ending) then return {'ok'} end
if not holds(id, token) then return {'lost'} end
return {finish(id, state, field, ending, retention) == state and 'ok' or 'cancelled'}

--- retry
local id, token, failure, delay_ms, retention = unpack(ARGV)
if not holds(id, token) then return {'lost'} end
if get(id, 'cancel_requested') then
  finish(id, 'cancelled', nil, nil, retention)
  return {'cancelled'}
end
redis.call('ZREM', P .. 'running', id)
redis.call('HINCRBY', job(id), 'attempts', 1)
redis.call('HINCRBY', job(id), 'starts', -1)
redis.call('HSET', job(id), 'state', 'retrying', 'stage', 'retrying', 'failure', failure,
  'due_at', now + delay_ms, 'lease', 0)
redis.call('ZADD', P .. 'retrying', now + delay_ms, id)
return {'ok'}

--- cancel
-- A running job belongs to its worker, which reads the word, stops and ends the job itself.
local id, retention = unpack(ARGV)
local state = get(id, 'state')
if not state then return {'missing'} end
if state == 'running' then
  redis.call('HSETNX', job(id), 'cancel_requested', now)
  return {'requested'}
end
if state ~= 'queued' and state ~= 'retrying' then return {state} end
finish(id, 'cancelled', nil, nil, retention)
return {'done'}

--- requeue
-- All begins anew but the token, which never goes back; `history` keeps how it ended before.
local id, queue_ms = unpack(ARGV)
local state = get(id, 'state')
if state ~= 'failed' then return {state or 'missing'} end
local history = cjson.decode(get(id, 'history') or '[]')
history[#history + 1] = {ended_at = num(id, 'ended_at'),
  attempts = num(id, 'attempts') + num(id, 'starts'), failure = cjson.decode(get(id, 'failure'))}
redis.call('HSET', job(id), 'history', cjson.encode(history), 'state', 'queued', 'stage', 'queued',
  'progress', 0, 'attempts', 0, 'starts', 0, 'requeued_at', now)
redis.call('HDEL', job(id), 'claimed_at', 'ended_at', 'failure', 'done', 'total')
redis.call('ZREM', P .. 'ended', id)
redis.call('ZREM', P .. 'dead', id)
redis.call('ZADD', P .. 'queued', now, id)
redis.call('ZADD', P .. 'deadlines', now + queue_ms, id)
return {'ok', get(id, 'priority')}

--- due
local moved = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'retrying', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  enqueue(id)
  moved[#moved + 1] = id
  moved[#moved + 1] = get(id, 'priority')
end
return moved

--- expired
local max_starts, retention, limit, endings = unpack(ARGV)
local moved = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'running', '-inf', now, 'LIMIT', 0, limit)) do
  if get(id, 'cancel_requested') or num(id, 'starts') >= tonumber(max_starts) then
    fail(id, 'worker_crashed', endings, retention)
  else
    enqueue(id)
    moved[#moved + 1] = id
    moved[#moved + 1] = get(id, 'priority')
  end
end
return moved

--- overdue
-- A running job ends its own attempt at the deadline; only one whose worker failed to do so for a
-- while (grace) is ended here, and its late finish is then refused.
local retention, limit, grace_ms, endings = unpack(ARGV)
local ended = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'deadlines', '-inf', now, 'LIMIT', 0, limit)) do
  local running = get(id, 'state') == 'running'
  local deadline = tonumber(redis.call('ZSCORE', P .. 'deadlines', id))
  if not running or now >= deadline + tonumber(grace_ms) then
    fail(id, get(id, 'claimed_at') and 'deadline_exceeded' or 'queue_timeout', endings, retention)
    ended = ended + 1
  end
end
return {tostring(ended)}

--- waiting
local age_ms, limit = unpack(ARGV)
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'queued', '-inf', now - age_ms, 'LIMIT', 0, limit)) do
  found[#found + 1] = id
  found[#found + 1] = get(id, 'priority')
end
return found

--- sent
if redis.call('ZSCORE', P .. 'queued', ARGV[1]) then redis.call('ZADD', P .. 'queued', now, ARGV[1]) end
return {'ok'}

--- forgotten
-- The main file is among its outputs; a record of before there were several has its key alone.
local function keys(ending)
  local found = {}
  for _, file in ipairs(ending.outputs or {}) do found[#found + 1] = file.key end
  if #found == 0 then found[1] = ending.key end
  return table.concat(found, ' ')
end
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'ended', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local ending = get(id, 'ending')
  found[#found + 1] = id
  found[#found + 1] = ending and keys(cjson.decode(ending)) or ''
end
return found

--- forget
local id = ARGV[1]
for nth = 1, num(id, 'notices') do
  local notice = 'msg_' .. id:gsub('%-', '') .. '_' .. nth
  local host = redis.call('HGET', P .. 'notice:' .. notice, 'host')
  if host then redis.call('ZREM', P .. 'outbox:' .. host, notice) end
  redis.call('DEL', P .. 'notice:' .. notice, P .. 'deliveries:' .. notice)
end
redis.call('ZREM', P .. 'ended', id)
redis.call('ZREM', P .. 'dead', id)
redis.call('DEL', job(id))
return {'ok'}
