/**
 * What a consumer of a Redis list does in one step each.
 *
 * A list only knows push and pop, so the rest is kept beside it: a message that is taken moves, in the same step, from the
 * list to a hash under a number of its own, with who holds it, how often it was given out, and until when. At no moment
 * is a message only in a client. Python clients go on pushing and popping on the list itself.
 *
 * KEYS of all: queue, listSequence, held, holders, heldUntil, then as each says.
 */
import { buryLua, clockLua } from "./luaPrelude.ts"
import { script } from "./Script.ts"

/** Redelivered messages that are given out together while each was delivered once; after that each comes alone. */
const suspectBatch = 16

const heldLua = `
local function holderOf(id)
  local holder = redis.call('HGET', KEYS[4], id)
  if not holder then return nil end
  local times, consumer = holder:match('^(%d+) (.*)$')
  return tonumber(times), consumer
end
local function settle(id)
  redis.call('ZREM', KEYS[5], id)
  redis.call('HDEL', KEYS[4], id)
  return redis.call('HDEL', KEYS[3], id)
end
local function giveUp(deadLetters, id, times, reason)
  local data = redis.call('HGET', KEYS[3], id)
  if data then bury(deadLetters, { 'data', data }, id, times, reason, '') end
  settle(id)
end
-- What was never handled goes back to where it was taken, for any client; what was, keeps its count and waits.
local function giveBack(id, times, free)
  if times == 0 and not free then
    local data = redis.call('HGET', KEYS[3], id)
    if data then redis.call('RPUSH', KEYS[1], data) end
    settle(id)
  else
    redis.call('HSET', KEYS[4], id, times .. ' ')
    redis.call('ZADD', KEYS[5], free or 0, id)
  end
end
`

/**
 * … deadLetters, inboxes, inbox; ARGV consumer, visibilityTimeoutMillis, maxDeliveries, maxMessages, inboxPrefix.
 * Answers messages: id, attempts, data.
 */
export const takeScript = script(
  8,
  clockLua,
  buryLua,
  heldLua,
  `
local time, visibility, maxDeliveries, maxMessages = now(), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local taken, suspects = {}, 0

local function give(id, times, data)
  redis.call('HSET', KEYS[4], id, times .. ' ' .. ARGV[1])
  redis.call('ZADD', KEYS[5], time + visibility, id)
  taken[#taken + 1] = { id, times, data }
end

-- Answers whether there may be more for this batch.
local function again(id)
  local times, holder = holderOf(id)
  local data = redis.call('HGET', KEYS[3], id)
  if not times or not data then settle(id) return true end
  if times >= maxDeliveries then
    local who = holder == '' and 'nobody' or holder
    giveUp(KEYS[6], id, times, 'not settled within ' .. ARGV[2] .. ' ms by ' .. who)
    return true
  end
  if times >= 2 and #taken > 0 then return false end
  if times >= 1 and suspects >= ${suspectBatch} then return false end
  give(id, times + 1, data)
  if times >= 1 then suspects = suspects + 1 end
  return times < 2
end

local function fresh(key)
  while #taken < maxMessages do
    local data = redis.call('RPOP', key)
    if not data then return end
    local id = string.format('%016.0f', redis.call('INCR', KEYS[2]))
    redis.call('HSET', KEYS[3], id, data)
    give(id, 1, data)
  end
end

-- What a dead consumer's blocked pop left behind goes back to the end that is read first.
for _, consumer in ipairs(redis.call('ZRANGEBYSCORE', KEYS[7], '-inf', time)) do
  while consumer ~= ARGV[1] and redis.call('LMOVE', ARGV[5] .. consumer, KEYS[1], 'LEFT', 'RIGHT') do end
  redis.call('ZREM', KEYS[7], consumer)
end
redis.call('ZADD', KEYS[7], time + visibility, ARGV[1])
local more = true
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', time, 'LIMIT', 0, maxMessages)) do
  more = more and again(id)
end
if more then
  fresh(KEYS[8])
  fresh(KEYS[1])
end
return taken
`,
)

/** …; ARGV ids. Answers how many were open. */
export const listAcknowledgeScript = script(
  5,
  `
redis.call('ZREM', KEYS[5], unpack(ARGV))
redis.call('HDEL', KEYS[4], unpack(ARGV))
return redis.call('HDEL', KEYS[3], unpack(ARGV))
`,
)

/**
 * … deadLetters; ARGV consumer, maxDeliveries, then for each message id, delayMillis, counted (0 or 1), reason, the
 * newest first. Answers 1 for each that was the consumer's.
 */
export const listReleaseScript = script(
  6,
  clockLua,
  buryLua,
  heldLua,
  `
local time = now()
local answers = {}
for index = 3, #ARGV, 4 do
  local id, delay, counted, reason = ARGV[index], tonumber(ARGV[index + 1]), ARGV[index + 2] == '1', ARGV[index + 3]
  local times, holder = holderOf(id)
  local mine = times and holder == ARGV[1]
  if mine then
    local free = delay > 0 and time + delay or nil
    if not counted then giveBack(id, times - 1, free)
    elseif times >= tonumber(ARGV[2]) then giveUp(KEYS[6], id, times, reason)
    else giveBack(id, times, free or 0) end
  end
  answers[#answers + 1] = mine and 1 or 0
end
return answers
`,
)

/** …; ARGV consumer, millis, ids. Answers 1 for each still held. */
export const listExtendScript = script(
  5,
  clockLua,
  heldLua,
  `
local time = now()
local answers = {}
for index = 3, #ARGV do
  local times, holder = holderOf(ARGV[index])
  local mine = times and holder == ARGV[1]
  if mine then redis.call('ZADD', KEYS[5], time + tonumber(ARGV[2]), ARGV[index]) end
  answers[#answers + 1] = mine and 1 or 0
end
return answers
`,
)

/** …; ARGV consumer. Answers the ids that the consumer holds, the newest first. */
export const listHoldingsScript = script(
  5,
  `
local ids = {}
local all = redis.call('HGETALL', KEYS[4])
for index = 1, #all, 2 do
  if all[index + 1]:match('^%d+ (.*)$') == ARGV[1] then ids[#ids + 1] = all[index] end
end
table.sort(ids, function(left, right) return left > right end)
return ids
`,
)

/** … inboxes, inbox; ARGV consumer. Empties the consumer's inbox into the list and forgets it. */
export const listLeaveScript = script(
  7,
  `
while redis.call('LMOVE', KEYS[7], KEYS[1], 'LEFT', 'RIGHT') do end
redis.call('ZREM', KEYS[6], ARGV[1])
return 1
`,
)
