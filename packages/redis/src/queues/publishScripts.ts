/** What happens to a queue as a whole, in one step each, whichever encoding it has. */
import { clockLua, fieldsLua, idsLua } from "./luaPrelude.ts"
import { script } from "./Script.ts"

/** How long a publisher's last batch is remembered: longer than anyone tries to send it again, in milliseconds. */
const rememberMillis = 120_000
/** The first batch's number. All numbers have as many digits, so that a script compares them as the texts that they are. */
const firstNumber = 1e15
const numberDigits = String(firstNumber).length

/** The number of a publisher's batch, as the scripts take it. */
export const batchNumber = (sequence: number): string => String(firstNumber + sequence)

/**
 * Answers a batch that was added already as it was answered then. A record is the number of the batch, a colon, and the answer.
 * Patterns, and numbers where the server takes texts, cost it a microsecond or two each.
 */
const addedBeforeLua = (recordKey: string): string => `
local record = redis.call('GET', ${recordKey})
if record and record >= ARGV[1] then
  if record:sub(1, ${numberDigits}) == ARGV[1] then return record:sub(${numberDigits + 2}) end
  return redis.error_reply('OUTOFORDER a later batch was added')
end
`

const rememberLua = (recordKey: string, answer: string): string => `
redis.call('SET', ${recordKey}, ARGV[1] .. ':' .. ${answer}, 'PX', '${rememberMillis}')
return ${answer}
`
/** Messages that one publish removes at most for being beyond a bound; the next one removes more. */
const trimWindow = 1000

/**
 * `encodingOf()` tells what the queue is, and fails with WRONGTYPE where its name holds something else. An empty list is
 * no list to Redis, so that one that was served as such is known by its sequence.
 */
const encodingLua = `
local function encodingOf(queue, sequence)
  local type = redis.call('TYPE', queue)['ok']
  if type == 'none' then return redis.call('EXISTS', sequence) == 1 and 'list' or 'none' end
  return type
end
`

/** Groups that wait for a queue that does not exist are made with it, so that none comes too late for the first message. */
const expectedLua = `
local function makeGroup(queue, group, start)
  local made = redis.pcall('XGROUP', 'CREATE', queue, group, start)
  if made['err'] and not made['err']:find('BUSYGROUP', 1, true) then error(made['err']) end
end
local function makeExpected(queue, expected)
  for _, group in ipairs(redis.call('ZRANGEBYSCORE', expected, now(), '+inf')) do makeGroup(queue, group, '0') end
  redis.call('DEL', expected)
end
`

const appendLua = `
local function appendTo(queue, encoding, fields)
  if encoding == 'stream' then return redis.call('XADD', queue, '*', unpack(fields)) end
  for index = 1, #fields, 2 do
    if fields[index] == 'data' then redis.call('LPUSH', queue, fields[index + 1]) end
  end
  return ''
end
`

const trimLua = `
local function trim(queue, maxLength, maxAge)
  local groups = redis.call('XINFO', 'GROUPS', queue)
  local open = watermark(queue, groups)
  local excess = maxLength and redis.call('XLEN', queue) - maxLength or 0
  local oldest = redis.call('XRANGE', queue, '-', '+', 'COUNT', 1)[1]
  if not oldest or (open and compareIds(oldest[1], open) >= 0) then return end
  local bound
  if excess > 0 then
    local window = redis.call('XRANGE', queue, '-', '+', 'COUNT', math.min(excess + 1, ${trimWindow}))
    bound = window[#window][1]
  end
  if maxAge then
    local young = string.format('%.0f', math.max(now() - maxAge, 0)) .. '-0'
    if not bound or compareIds(young, bound) > 0 then bound = young end
  end
  if not bound then return end
  if open and compareIds(open, bound) < 0 then bound = open end
  redis.call('XTRIM', queue, 'MINID', bound)
end
`

/**
 * What nearly every batch needs comes first, by itself: making the functions of the rest costs the server as much as the
 * command.
 *
 * The messages are one argument, since the driver takes a microsecond for each: of every message how many headers it has,
 * then the data and each header's name and value, all numbers and lengths in 4 bytes.
 */
const publishFastLua = `
${addedBeforeLua("KEYS[3]")}
if ARGV[2] ~= '' then
  local before = redis.call('GET', KEYS[4])
  if not before or before:sub(1, ${numberDigits}) ~= ARGV[2] then
    return redis.error_reply('OUTOFORDER the batch before was not added')
  end
end
local ids = {}
if ARGV[4] == '' and ARGV[5] == '' and ARGV[6] == '0' then
  local packed = ARGV[7]
  local _, data, position = struct.unpack('>I4I4c0', packed)
  -- Added where there is a stream; refused where there is something else, or nothing.
  local id = redis.pcall('XADD', KEYS[1], 'NOMKSTREAM', '*', 'data', data)
  if type(id) == 'string' then
    local answer = id
    if position <= #packed then
      ids[1] = id
      repeat
        _, data, position = struct.unpack('>I4I4c0', packed, position)
        ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', 'data', data)
      until position > #packed
      answer = table.concat(ids, ',')
    end
    ${rememberLua("KEYS[3]", "answer")}
  end
end
`

/**
 * KEYS queue, publisher's record; ARGV number, data. Adds a message without headers where there is a stream, and answers its
 * id; nothing where `publishScript` has to look what there is, and nothing was added. Only what a lone message needs: on an
 * idle queue every argument and every line delays the delivery.
 */
export const publishOneScript = script(
  2,
  addedBeforeLua("KEYS[2]"),
  `
local id = redis.pcall('XADD', KEYS[1], 'NOMKSTREAM', '*', 'data', ARGV[2])
if type(id) ~= 'string' then return false end
`,
  rememberLua("KEYS[2]", "id"),
)

const unpackLua = `
local function unpackMessages(packed)
  local messages, position = {}, 1
  while position <= #packed do
    local count, data, name, value
    count, data, position = struct.unpack('>I4I4c0', packed, position)
    local fields = { 'data', data }
    for _ = 1, count do
      name, value, position = struct.unpack('>I4c0I4c0', packed, position)
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
    messages[#messages + 1] = fields
  end
  return messages
end
`

/**
 * KEYS queue, listSequence, publisher's record, the record of the batch before, expected; ARGV number, the number that
 * must have been added or '', encoding, maxLength or '', maxAgeMillis or '', how many headers all messages have together,
 * the messages. Answers the ids, joined by commas; '' for each on a list.
 */
export const publishScript = script(
  5,
  publishFastLua,
  clockLua,
  fieldsLua,
  idsLua,
  encodingLua,
  expectedLua,
  appendLua,
  trimLua,
  unpackLua,
  `
local encoding = encodingOf(KEYS[1], KEYS[2])
local isNew = encoding == 'none'
if isNew then encoding = ARGV[3] end
if encoding ~= 'list' and encoding ~= 'stream' then return redis.error_reply('WRONGTYPE the key holds a ' .. encoding) end
if encoding == 'list' then
  if ARGV[6] ~= '0' then return redis.error_reply('NOHEADERS a list keeps no headers: publish without, or to a queue that is no list') end
  redis.call('SET', KEYS[2], 0, 'NX')
end
for _, fields in ipairs(unpackMessages(ARGV[7])) do ids[#ids + 1] = appendTo(KEYS[1], encoding, fields) end
if isNew and encoding == 'stream' then makeExpected(KEYS[1], KEYS[5]) end
local maxLength, maxAge = tonumber(ARGV[4]), tonumber(ARGV[5])
if encoding == 'stream' and (maxLength or maxAge) then trim(KEYS[1], maxLength, maxAge) end
local answer = table.concat(ids, ',')
`,
  rememberLua("KEYS[3]", "answer"),
)

/**
 * KEYS queue, listSequence, expected; ARGV group, start, expectMillis. Joins a stream, making the group where there is
 * none. Answers `stream`, `list` or `none`; of the last, the group is expected for a while, and made with the queue.
 */
export const joinScript = script(
  3,
  clockLua,
  encodingLua,
  expectedLua,
  `
local encoding = encodingOf(KEYS[1], KEYS[2])
if encoding == 'none' then
  redis.call('ZADD', KEYS[3], now() + tonumber(ARGV[3]), ARGV[1])
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
elseif encoding == 'stream' then
  makeGroup(KEYS[1], ARGV[1], ARGV[2])
  makeExpected(KEYS[1], KEYS[3])
elseif encoding ~= 'list' then
  return redis.error_reply('WRONGTYPE the key holds a ' .. encoding)
end
return encoding
`,
)

/** KEYS queue, listSequence, deadLetters; ARGV maxMessages. Answers how many dead letters went back. */
export const redriveScript = script(
  3,
  encodingLua,
  appendLua,
  `
local encoding = encodingOf(KEYS[1], KEYS[2])
if encoding == 'none' then encoding = 'stream' end
if encoding ~= 'list' and encoding ~= 'stream' then return redis.error_reply('WRONGTYPE the key holds a ' .. encoding) end
local letters = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', ARGV[1])
for _, letter in ipairs(letters) do
  local fields = {}
  for index = 1, #letter[2], 2 do
    if letter[2][index]:sub(1, 8) ~= 'framedb:' then
      fields[#fields + 1] = letter[2][index]
      fields[#fields + 1] = letter[2][index + 1]
    end
  end
  appendTo(KEYS[1], encoding, fields)
  redis.call('XDEL', KEYS[3], letter[1])
end
return #letters
`,
)

/**
 * KEYS queue, listSequence, deadLetters, held, inboxes; ARGV group. Answers encoding, length, pending, lag, the oldest
 * message's age ('' for none), consumers, dead letters, the newest id ('' for none).
 */
export const infoScript = script(
  5,
  clockLua,
  fieldsLua,
  encodingLua,
  `
local encoding = encodingOf(KEYS[1], KEYS[2])
local letters = redis.call('XLEN', KEYS[3])
if encoding == 'list' then
  local held, waiting = redis.call('HLEN', KEYS[4]), redis.call('LLEN', KEYS[1])
  return { encoding, held + waiting, held, waiting, '', redis.call('ZCARD', KEYS[5]), letters, '' }
end
if encoding == 'none' then return { encoding, 0, 0, 0, '', 0, letters, '' } end
if encoding ~= 'stream' then return redis.error_reply('WRONGTYPE the key holds a ' .. encoding) end
local length = redis.call('XLEN', KEYS[1])
local stream = fieldsOf(redis.call('XINFO', 'STREAM', KEYS[1]))
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local age = oldest and string.format('%.0f', math.max(now() - tonumber(oldest[1]:match('^%d+')), 0)) or ''
local pending, lag, consumers = 0, length, 0
local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
for _, flat in ipairs(groups) do
  local group = fieldsOf(flat)
  if group['name'] == ARGV[1] then
    pending = group['pending']
    consumers = group['consumers']
    -- The server gives no lag once messages in the middle were deleted.
    lag = group['lag'] or #redis.call('XRANGE', KEYS[1], '(' .. group['last-delivered-id'], '+', 'COUNT', 100000)
    for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group['name'])) do
      if fieldsOf(consumer)['name'] == 'framedb:nobody' then consumers = consumers - 1 end
    end
  end
end
return { encoding, length, pending, lag, age, consumers, letters, stream['last-generated-id'] }
`,
)
