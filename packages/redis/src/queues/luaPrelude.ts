/** Lua that several queue scripts share. Each part is functions only: they touch no key before they are called. */

/** The server's clock, in milliseconds: the only one that all consumers of a queue share. */
export const clockLua = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`

/** Fields of XINFO, which answers names and values in one flat array. */
export const fieldsLua = `
local function fieldsOf(flat)
  local fields = {}
  for index = 1, #flat, 2 do fields[flat[index]] = flat[index + 1] end
  return fields
end
`

/**
 * Message ids: two numbers of up to 64 bits, more than Lua's own hold exactly, so they are compared as text.
 *
 * `watermark(queue, groups)` is the id below which every group has acknowledged everything.
 */
export const idsLua = `
local function compareNumbers(left, right)
  if #left ~= #right then return #left < #right and -1 or 1 end
  if left == right then return 0 end
  return left < right and -1 or 1
end

local function compareIds(left, right)
  local leftMillis, leftSequence = left:match('^(%d+)-(%d+)$')
  local rightMillis, rightSequence = right:match('^(%d+)-(%d+)$')
  local order = compareNumbers(leftMillis, rightMillis)
  if order ~= 0 then return order end
  return compareNumbers(leftSequence, rightSequence)
end

local function idAfter(id)
  local millis, sequence = id:match('^(%d+)-(%d+)$')
  return millis .. '-' .. string.format('%.0f', tonumber(sequence) + 1)
end

local function watermark(queue, groups)
  local lowest
  for _, flat in ipairs(groups) do
    local group = fieldsOf(flat)
    local open
    if group['pending'] > 0 then open = redis.call('XPENDING', queue, group['name'])[2]
    else open = idAfter(group['last-delivered-id']) end
    if not lowest or compareIds(open, lowest) < 0 then lowest = open end
  end
  return lowest
end
`

/**
 * \`forget(queue, ids)\` removes acknowledged messages (in the order of the stream) unless another group needs them.
 *
 * Where the oldest message of the stream is among those acknowledged, everything below the watermark goes: dropping the
 * whole nodes of a prefix costs a fraction of deleting each message. Older history that nobody took is never touched:
 * then the messages themselves are deleted, when this is the only group or all groups have passed them.
 */
export const forgetLua = `
local function forget(queue, ids)
  local groups = redis.call('XINFO', 'GROUPS', queue)
  local open = watermark(queue, groups)
  local oldest = redis.call('XRANGE', queue, '-', '+', 'COUNT', 1)[1]
  if not oldest then return end
  if compareIds(oldest[1], ids[1]) >= 0 then
    redis.call('XTRIM', queue, 'MINID', open)
    if #groups == 1 and compareIds(ids[#ids], open) >= 0 then redis.call('XDEL', queue, unpack(ids)) end
  elseif #groups == 1 then
    redis.call('XDEL', queue, unpack(ids))
  else
    for _, id in ipairs(ids) do
      if compareIds(id, open) < 0 then redis.call('XDEL', queue, id) end
    end
  end
end
`

/** \`bury\` makes a dead letter of a message; \`fields\` are its own fields and values, flat. */
export const buryLua = `
local function bury(deadLetters, fields, id, attempts, reason, group)
  local letter = {}
  for index = 1, #fields, 2 do
    if fields[index]:sub(1, 8) ~= 'framedb:' then
      letter[#letter + 1] = fields[index]
      letter[#letter + 1] = fields[index + 1]
    end
  end
  for _, item in ipairs({ 'framedb:id', id, 'framedb:attempts', tostring(attempts), 'framedb:reason', reason, 'framedb:group', group }) do
    letter[#letter + 1] = item
  end
  redis.call('XADD', deadLetters, '*', unpack(letter))
end
`
