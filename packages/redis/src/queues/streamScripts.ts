/**
 * What a consumer of a Redis Stream does in one step each.
 *
 * Messages that were given back belong to a consumer of this name, which nobody is: so the one that gave them back can be
 * removed, and finds only what was given to it when it looks for what it holds.
 */
import { buryLua, clockLua, fieldsLua, forgetLua, idsLua } from "./luaPrelude.ts"
import { script } from "./Script.ts"

/** The holder of what was given back. */
export const nobody = "framedb:nobody"

/** Messages that one claim looks at: about a millisecond of the server's time. */
const claimWindow = 1000
/** Redelivered messages that are given out together while each was delivered once; after that each comes alone. */
const suspectBatch = 16

const pendingLua = `
local function pendingOf(id)
  return redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
end
local function settle(id)
  redis.call('XACK', KEYS[1], ARGV[1], id)
  redis.call('ZREM', KEYS[2], id)
end
`

/** KEYS queue; ARGV group, keepAcknowledged, ids in order. Answers how many were open. */
export const acknowledgeScript = script(
  1,
  fieldsLua,
  idsLua,
  forgetLua,
  `
local ids = {}
for index = 3, #ARGV do ids[index - 2] = ARGV[index] end
local count = redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
-- None is open where somebody deleted the group or the queue: what is there then is another one's.
if count > 0 and ARGV[2] == '0' then forget(KEYS[1], ids) end
return count
`,
)

/**
 * KEYS queue, delayed, deadLetters; ARGV group, consumer, visibilityTimeoutMillis, maxDeliveries, maxMessages, cursor,
 * keepAcknowledged. Takes over what is due or abandoned, and buries what was delivered too often. Answers the next
 * cursor (`-` when the end was reached) and the messages: id, attempts, fields.
 */
export const claimScript = script(
  3,
  clockLua,
  fieldsLua,
  idsLua,
  forgetLua,
  buryLua,
  pendingLua,
  `
local visibility, maxDeliveries, maxMessages = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = now()
local taken, buried, suspects = {}, {}, 0

local function isFree(id, idle)
  local due = redis.call('ZSCORE', KEYS[2], id)
  if due then return tonumber(due) <= time end
  return idle >= visibility
end

local function giveUp(id, holder, times)
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if entry then
    local reason = 'not settled within ' .. ARGV[3] .. ' ms by ' .. holder
    bury(KEYS[3], entry[2], id, times, reason, ARGV[1])
    buried[#buried + 1] = id
  end
  settle(id)
end

-- Answers whether there may be more for this batch.
local function take(id, holder, times)
  if times >= maxDeliveries then giveUp(id, holder, times) return true end
  if times >= 2 and #taken > 0 then return false end
  if times >= 1 and suspects >= ${suspectBatch} then return false end
  local entry = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id)[1]
  redis.call('ZREM', KEYS[2], id)
  -- The server answers nothing for an entry that somebody deleted.
  if not entry then settle(id) return true end
  taken[#taken + 1] = { id, times + 1, entry[2] }
  if times >= 1 then suspects = suspects + 1 end
  return times < 2 and #taken < maxMessages
end

local function takeDue()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', time, 'LIMIT', 0, maxMessages)) do
    local pending = pendingOf(id)
    if not pending then redis.call('ZREM', KEYS[2], id)
    elseif not take(id, pending[2], pending[4]) then return false end
  end
  return true
end

local cursor = ARGV[6]
if takeDue() then
  local window = redis.call('XPENDING', KEYS[1], ARGV[1], cursor, '+', ${claimWindow})
  cursor = #window < ${claimWindow} and '-' or '(' .. window[#window][1]
  for _, pending in ipairs(window) do
    if isFree(pending[1], pending[3]) and not take(pending[1], pending[2], pending[4]) then
      cursor = pending[1]
      break
    end
  end
end
if #buried > 0 and ARGV[7] == '0' then
  table.sort(buried, function(left, right) return compareIds(left, right) < 0 end)
  forget(KEYS[1], buried)
end
return { cursor, taken }
`,
)

/**
 * KEYS queue, delayed, deadLetters; ARGV group, consumer, maxDeliveries, keepAcknowledged, then for each message id,
 * delayMillis, counted (0 or 1), reason. Answers 1 for each that was the consumer's.
 */
export const releaseScript = script(
  3,
  clockLua,
  fieldsLua,
  idsLua,
  forgetLua,
  buryLua,
  pendingLua,
  `
local time = now()
local answers, buried = {}, {}

local function giveUp(id, times, reason)
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if entry then
    bury(KEYS[3], entry[2], id, times, reason, ARGV[1])
    buried[#buried + 1] = id
  end
  settle(id)
end

local function giveBack(id, times, delay)
  -- An idle time beyond every timeout makes it free at once; a delay is kept beside the stream.
  redis.call('XCLAIM', KEYS[1], ARGV[1], '${nobody}', 0, id, 'TIME', 1, 'RETRYCOUNT', times, 'JUSTID')
  if delay > 0 then redis.call('ZADD', KEYS[2], time + delay, id) else redis.call('ZREM', KEYS[2], id) end
end

for index = 5, #ARGV, 4 do
  local id, delay, counted, reason = ARGV[index], tonumber(ARGV[index + 1]), ARGV[index + 2] == '1', ARGV[index + 3]
  local pending = pendingOf(id)
  local mine = pending and pending[2] == ARGV[2]
  if mine then
    if not counted then giveBack(id, math.max(pending[4] - 1, 0), delay)
    elseif pending[4] >= tonumber(ARGV[3]) then giveUp(id, pending[4], reason)
    else giveBack(id, pending[4], delay) end
  end
  answers[#answers + 1] = mine and 1 or 0
end
if #buried > 0 and ARGV[4] == '0' then
  table.sort(buried, function(left, right) return compareIds(left, right) < 0 end)
  forget(KEYS[1], buried)
end
return answers
`,
)

/** KEYS queue, delayed; ARGV group, consumer, millis, visibilityTimeoutMillis, ids. Answers 1 for each still held. */
export const extendScript = script(
  2,
  clockLua,
  pendingLua,
  `
local time = now()
local answers = {}
for index = 5, #ARGV do
  local id = ARGV[index]
  local pending = pendingOf(id)
  local mine = pending and pending[2] == ARGV[2]
  if mine then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'JUSTID')
    if ARGV[3] == ARGV[4] then redis.call('ZREM', KEYS[2], id)
    else redis.call('ZADD', KEYS[2], time + tonumber(ARGV[3]), id) end
  end
  answers[#answers + 1] = mine and 1 or 0
end
return answers
`,
)

/**
 * KEYS queue; ARGV group, consumer. Gives back, uncounted, everything that the consumer holds and removes it; then
 * removes consumers that hold nothing and have not asked for an hour.
 */
export const leaveScript = script(
  1,
  fieldsLua,
  `
local start = '-'
while true do
  local held = redis.call('XPENDING', KEYS[1], ARGV[1], start, '+', ${claimWindow}, ARGV[2])
  for _, pending in ipairs(held) do
    redis.call('XCLAIM', KEYS[1], ARGV[1], '${nobody}', 0, pending[1], 'TIME', 1, 'RETRYCOUNT', math.max(pending[4] - 1, 0), 'JUSTID')
  end
  if #held < ${claimWindow} then break end
  start = '(' .. held[#held][1]
end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = fieldsOf(flat)
  if consumer['pending'] == 0 and consumer['idle'] > 3600000 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
  end
end
return 1
`,
)
