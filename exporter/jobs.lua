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
-- storing    `<id> <token> <key>` of objects by when they were begun to be stored, until their
--            attempt has won or they are deleted
-- metrics    the counters of metrics.py; endings are counted here, where each happens once
-- put_forward  is there for a while once Redis' clock was seen to be put forward
--
-- One drawing for several jobs that want the same (docs/adr/0025):
-- same:<key>:<likeness>  the job that another one alike is given the drawing of
-- following  ids that wait for the drawing of another job (`reused_from`), by the time they came
-- followers:<id>  those that wait for that of <id>
-- holders:<id>    completed jobs whose files are those drawn for <id>; the last takes them along

local P = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

local function job(id) return P .. 'job:' .. id end
local function get(id, field) return redis.call('HGET', job(id), field) end
local function num(id, field) return tonumber(get(id, field) or '0') end

-- While this is so, a deadline that is over tells nothing.
local function was_put_forward() return redis.call('EXISTS', P .. 'put_forward') == 1 end

-- A job stops to wait for another's drawing.
local function stop_following(id)
  if redis.call('ZREM', P .. 'following', id) == 0 then return end
  redis.call('ZREM', P .. 'followers:' .. get(id, 'reused_from'), id)
  redis.call('HDEL', job(id), 'reused_from')
end

local function leave_all(id)
  for _, set in ipairs({'queued', 'running', 'retrying', 'deadlines'}) do
    redis.call('ZREM', P .. set, id)
  end
  stop_following(id)
end

-- The place of the job that others like *id* are given the drawing of, nil when it was not said.
local function same(id)
  local likeness = get(id, 'likeness')
  return likeness and P .. 'same:' .. get(id, 'key_id') .. ':' .. likeness
end

local RANK = {low = 1, normal = 2, high = 3}

-- Where its messages go: to the queue of the most urgent job that waits for its drawing.
local function queue(id) return get(id, 'queue') or get(id, 'priority') end

-- Tell whether *id* moved up to the queue *priority*.
local function hurry(id, priority)
  if RANK[priority] <= RANK[queue(id)] then return false end
  redis.call('HSET', job(id), 'queue', priority)
  return true
end

local function follow(id, leader)
  redis.call('HSET', job(id), 'reused_from', leader)
  redis.call('ZADD', P .. 'following', now, id)
  redis.call('ZADD', P .. 'followers:' .. leader, now, id)
end

-- The drawing that *id* waits for was begun: its own `timeout` counts from here.
local function start_clock(id)
  redis.call('HSET', job(id), 'claimed_at', now)
  redis.call('ZADD', P .. 'deadlines', now + num(id, 'timeout_ms'), id)
end

-- That drawing came to nothing: it waits for its first start again, and no longer than before.
local function stop_clock(id)
  redis.call('HDEL', job(id), 'claimed_at')
  redis.call('ZADD', P .. 'deadlines', num(id, 'queue_until'), id)
end

-- *id* will not be completed: of those who wait for it the first is drawn in its stead, for the
-- others too. It is due in the retry schedule at once, so that a worker sends its message within a
-- second; a script cannot.
local function hand_on(id)
  local place, waiting = same(id), redis.call('ZRANGE', P .. 'followers:' .. id, 0, -1)
  local heir = waiting[1]
  if place and redis.call('GET', place) == id then
    if heir then redis.call('SET', place, heir) else redis.call('DEL', place) end
  end
  for _, each in ipairs(waiting) do
    stop_following(each)
    stop_clock(each)
    hurry(heir, get(each, 'priority'))
    if each ~= heir then follow(each, heir) end
  end
  if heir then redis.call('ZADD', P .. 'retrying', now, heir) end
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
local function close(id, state, field, ending, retention)
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

-- *id* is completed with the files drawn for *drawn*.
local function hold(id, drawn)
  redis.call('HSET', job(id), 'reused_from', drawn)
  redis.call('SADD', P .. 'holders:' .. drawn, id)
end

-- How long a job waited or took says nothing of another one's chances.
local OF_ITS_OWN = {queue_timeout = true, deadline_exceeded = true}

-- End a job, and those who wait for its drawing as well if they cannot fare otherwise.
-- *lasting* tells whether a later request may be given the drawing, too.
local function finish(id, state, field, ending, retention, lasting)
  state = close(id, state, field, ending, retention)
  local waiting = redis.call('ZRANGE', P .. 'followers:' .. id, 0, -1)
  if state == 'completed' then
    local place = same(id)
    if place then redis.call('SADD', P .. 'holders:' .. id, id) end
    for _, each in ipairs(waiting) do
      close(each, state, field, ending, retention)
      hold(each, id)
    end
    if place and lasting then
      redis.call('SET', place, id)
    elseif place and redis.call('GET', place) == id then
      redis.call('DEL', place)
    end
    return state
  end
  local failure = state == 'failed' and cjson.decode(ending)
  if failure and not failure.retryable and not OF_ITS_OWN[failure.code] then
    for _, each in ipairs(waiting) do close(each, state, field, ending, retention) end
  end
  hand_on(id)
  return state
end

-- The main file is among its outputs; a record of before there were several has its key alone.
local function keys(ending)
  local found = {}
  for _, file in ipairs(ending.outputs or {}) do found[#found + 1] = file.key end
  if #found == 0 then found[1] = ending.key end
  return table.concat(found, ' ')
end

-- Let go of the files of an ended job, and return their keys if no other job holds them. From then
-- on no request is given them either, so that they can be deleted.
local function release(id)
  local ending = get(id, 'ending')
  if not ending then return '' end
  local holders, place = P .. 'holders:' .. (get(id, 'reused_from') or id), same(id)
  redis.call('SREM', holders, id)
  local heir = redis.call('SRANDMEMBER', holders)
  if place and redis.call('GET', place) == id then
    if heir then redis.call('SET', place, heir) else redis.call('DEL', place) end
  end
  return heir and '' or keys(cjson.decode(ending))
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
-- Answers the job's id, its state, whose drawing it is given, and which message is to be sent where.
-- A full queue refuses before anything is written, and only what would have to be drawn.
local id, key_id, priority, request, queue_ms, timeout_ms, once, body, once_ms, webhook,
  likeness, fresh, retention, most_followers, version, most_waiting = unpack(ARGV)
if once ~= '' then
  local known = redis.call('HMGET', P .. once, 'job_id', 'body')
  -- A job past its retention is nobody's any more, and its key is free again.
  if known[1] and redis.call('EXISTS', job(known[1])) == 1 then
    if known[2] ~= body then return {'reused'} end
    return {known[1], get(known[1], 'state'), get(known[1], 'reused_from') or '', '', ''}
  end
end
local place = likeness ~= '' and P .. 'same:' .. key_id .. ':' .. likeness
local other = place and redis.call('GET', place)
local state = other and get(other, 'state')
local waits = state == 'queued' or state == 'retrying'
  or state == 'running' and not get(other, 'cancel_requested')
local room = waits and redis.call('ZCARD', P .. 'followers:' .. other) < tonumber(most_followers)
local kept, follows = fresh == '' and state == 'completed', fresh == '' and room
if not kept and not follows then
  local waiting = redis.call('ZCARD', P .. 'queued') + redis.call('ZCARD', P .. 'retrying')
  if waiting >= tonumber(most_waiting) then
    redis.call('HINCRBY', P .. 'metrics', 'export_refused|queue_full', 1)
    return {'full', tostring(waiting)}
  end
end
if once ~= '' then
  redis.call('HSET', P .. once, 'job_id', id, 'body', body)
  redis.call('PEXPIRE', P .. once, once_ms)
end
redis.call('HSET', job(id), 'key_id', key_id, 'priority', priority, 'request', request,
  'state', 'queued', 'stage', 'queued', 'progress', 0, 'attempts', 0, 'starts', 0, 'token', 0,
  'created_at', now, 'timeout_ms', timeout_ms, 'queue_until', now + queue_ms,
  'schema_version', version)
if webhook ~= '' then redis.call('HSET', job(id), 'webhook', webhook) end
redis.call('HINCRBY', P .. 'metrics', 'export_submitted|' .. priority, 1)
redis.call('ZADD', P .. 'deadlines', now + queue_ms, id)
if place then
  redis.call('HSET', job(id), 'likeness', likeness)
  if kept then
    local drawn = get(other, 'reused_from') or other
    close(id, 'completed', 'ending', get(other, 'ending'), retention)
    hold(id, drawn)
    redis.call('HINCRBY', P .. 'metrics', 'export_reused|finished', 1)
    return {id, 'completed', drawn, '', ''}
  end
  if follows then
    follow(id, other)
    if get(other, 'claimed_at') then start_clock(id) end
    redis.call('HINCRBY', P .. 'metrics', 'export_reused|in_flight', 1)
    local up = hurry(other, priority) and state == 'queued'
    return {id, 'queued', other, up and other or '', up and priority or ''}
  end
  -- One that must be drawn takes the place of no other, until it is done.
  if fresh == '' or not (waits or state == 'completed') then redis.call('SET', place, id) end
end
redis.call('ZADD', P .. 'queued', now, id)
return {id, 'queued', '', id, priority}

--- estimated
-- What its caller was told it would take, in seconds; for the metric of how well that came true.
local id, seconds = unpack(ARGV)
if get(id, 'state') then redis.call('HSET', job(id), 'estimated_s', seconds) end
return {'ok'}

--- claim
local id, worker, lease_ms, max_starts, retention, endings, version, defer_ms = unpack(ARGV)
local state = get(id, 'state')
if not state then return {'missing'} end
if state == 'running' and num(id, 'lease') > now then return {'leased'} end
if state == 'retrying' and num(id, 'due_at') > now then return {'waiting'} end
if state ~= 'queued' and state ~= 'running' and state ~= 'retrying' then return {state} end
if redis.call('ZSCORE', P .. 'following', id) then return {'following'} end
local deadline = tonumber(redis.call('ZSCORE', P .. 'deadlines', id) or '0')
local first, late = not get(id, 'claimed_at'), now >= deadline
if late and not was_put_forward() then
  fail(id, first and 'queue_timeout' or 'deadline_exceeded', endings, retention)
  return {'failed'}
end
-- Written by a newer version: left for a worker of that one, who may come by after a while. It stays
-- queued, and due in the retry schedule, so that whoever sweeps sends its message again.
if num(id, 'schema_version') > tonumber(version) then
  enqueue(id)
  redis.call('ZREM', P .. 'queued', id)
  redis.call('ZADD', P .. 'retrying', now + defer_ms, id)
  return {'newer', get(id, 'schema_version')}
end
if get(id, 'cancel_requested') or num(id, 'starts') >= tonumber(max_starts) then
  fail(id, 'worker_crashed', endings, retention)
  return {'failed'}
end
-- Further away than its whole timeout it is only of before the clock was set back.
if first or late or deadline > now + num(id, 'timeout_ms') then
  deadline = now + num(id, 'timeout_ms')
  redis.call('ZADD', P .. 'deadlines', deadline, id)
  if first then redis.call('HSET', job(id), 'claimed_at', now) end
  for _, each in ipairs(redis.call('ZRANGE', P .. 'followers:' .. id, 0, -1)) do start_clock(each) end
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
local id, token, state, ending, retention, lasting = unpack(ARGV)
local field = ({completed = 'ending', failed = 'failure'})[state]
local told = get(id, 'state') == state and get(id, 'token') == token
if told and (not field or get(id, field) == ending) then return {'ok'} end
if not holds(id, token) then return {'lost'} end
local ended = finish(id, state, field, ending, retention, lasting == '1')
return {ended == state and 'ok' or 'cancelled'}

--- park
-- Drawn, and waiting for the storage: the lease is renewed as by a beat; due_at tells the next try.
local id, token, lease_ms, due_ms = unpack(ARGV)
if not holds(id, token) then return {'lost'} end
redis.call('HSET', job(id), 'lease', now + lease_ms, 'stage', 'upload_pending', 'done', 0, 'total', 0,
  'due_at', now + due_ms)
redis.call('ZADD', P .. 'running', now + lease_ms, id)
return {'ok'}

--- hand_back
-- Its worker leaves: the start is given back, no attempt is counted, and the clock of its timeout
-- begins anew with its next claim.
local id, token, retention = unpack(ARGV)
if not holds(id, token) then return {'lost'} end
if get(id, 'cancel_requested') then
  finish(id, 'cancelled', nil, nil, retention)
  return {'cancelled'}
end
redis.call('HINCRBY', job(id), 'starts', -1)
redis.call('HSET', job(id), 'progress', 0)
enqueue(id)
local until_ms = math.max(num(id, 'queue_until'),
  tonumber(redis.call('ZSCORE', P .. 'deadlines', id) or '0'))
redis.call('HSET', job(id), 'queue_until', until_ms)
stop_clock(id)
for _, each in ipairs(redis.call('ZRANGE', P .. 'followers:' .. id, 0, -1)) do stop_clock(each) end
return {'ok', queue(id)}

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

--- storing
local id, token, key = unpack(ARGV)
redis.call('ZADD', P .. 'storing', now, id .. ' ' .. token .. ' ' .. key)
return {'ok'}

--- losers
-- The job has ended otherwise, or another attempt has begun. What a job that is forgotten by now
-- had was looked at before it was.
local found = {}
for _, noted in ipairs(redis.call('ZRANGE', P .. 'storing', 0, ARGV[1] - 1)) do
  local id, token, key = noted:match('^(%S+) (%S+) (%S+)$')
  local state, ending = get(id, 'state'), get(id, 'ending') or ''
  local won = state == 'completed' and ending:find(key, 1, true)
  local ended = state == 'completed' or state == 'failed' or state == 'cancelled'
  if won or not state then
    redis.call('ZREM', P .. 'storing', noted)
  elseif ended or get(id, 'token') ~= token then
    found[#found + 1] = noted
  end
end
return found

--- settled
redis.call('ZREM', P .. 'storing', ARGV[1])
return {'ok'}

--- cancel
-- A running job belongs to its worker, which reads the word, stops and ends the job itself.
local id, retention = unpack(ARGV)
local state = get(id, 'state')
if not state then return {'missing'} end
if state == 'running' then
  redis.call('HSETNX', job(id), 'cancel_requested', now)
  hand_on(id)
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
redis.call('HDEL', job(id), 'claimed_at', 'ended_at', 'failure', 'done', 'total', 'queue',
  'estimated_s')
redis.call('ZREM', P .. 'ended', id)
redis.call('ZREM', P .. 'dead', id)
redis.call('ZADD', P .. 'queued', now, id)
redis.call('ZADD', P .. 'deadlines', now + queue_ms, id)
return {'ok', get(id, 'priority')}

--- due
-- A time later than any wait is long is of before the clock was set back: it may be over.
local limit, longest_ms = unpack(ARGV)
local moved = {}
for _, times in ipairs({{'-inf', now}, {'(' .. now + longest_ms, '+inf'}}) do
  local ids = redis.call('ZRANGEBYSCORE', P .. 'retrying', times[1], times[2], 'LIMIT', 0, limit)
  for _, id in ipairs(ids) do
    enqueue(id)
    moved[#moved + 1] = id
    moved[#moved + 1] = queue(id)
  end
end
return moved

--- expired
-- A lease that ends later than any that is given now is of before the clock was set back.
local max_starts, retention, limit, endings, lease_ms = unpack(ARGV)
local moved = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'running', now + 2 * lease_ms, '+inf')) do
  redis.call('ZADD', P .. 'running', now + lease_ms, id)
  redis.call('HSET', job(id), 'lease', now + lease_ms)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'running', '-inf', now, 'LIMIT', 0, limit)) do
  if get(id, 'cancel_requested') or num(id, 'starts') >= tonumber(max_starts) then
    fail(id, 'worker_crashed', endings, retention)
  else
    enqueue(id)
    moved[#moved + 1] = id
    moved[#moved + 1] = queue(id)
  end
end
return moved

--- overdue
-- A running job ends its own attempt at the deadline; only one whose worker failed to do so for a
-- while (grace) is ended here, and its late finish is then refused.
local retention, limit, grace_ms, endings = unpack(ARGV)
local ended = 0
if was_put_forward() then return {'0'} end
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
  found[#found + 1] = queue(id)
end
return found

--- strays
-- Followers of a job that ended without a word to them, by a worker of a version that knew of none.
local retention, limit, ended = ARGV[1], ARGV[2], 0
for _, id in ipairs(redis.call('ZRANGE', P .. 'following', 0, limit - 1)) do
  local leader = get(id, 'reused_from')
  local state = get(leader, 'state')
  if state == 'completed' then
    close(id, state, 'ending', get(leader, 'ending'), retention)
    hold(id, leader)
    redis.call('SADD', P .. 'holders:' .. leader, leader)
    ended = ended + 1
  elseif not state or state == 'failed' or state == 'cancelled' then
    hand_on(leader)
    ended = ended + 1
  end
end
return {tostring(ended)}

--- sent
if redis.call('ZSCORE', P .. 'queued', ARGV[1]) then redis.call('ZADD', P .. 'queued', now, ARGV[1]) end
return {'ok'}

--- forgotten
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'ended', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  found[#found + 1] = id
  found[#found + 1] = release(id)
end
return found

--- release
local id = ARGV[1]
local state = get(id, 'state')
if not redis.call('ZSCORE', P .. 'ended', id) then return {state or 'missing', ''} end
return {'ok', release(id)}

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
