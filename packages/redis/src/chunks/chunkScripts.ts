/**
 * What has to happen in one step. Every script is given the manifest's key first and the plain key second; chunk keys
 * follow from the first parameter, and share the slot.
 *
 * Chunks that no manifest refers to always have an expiry: the lease while they are written, the grace once they were
 * replaced. So the server itself removes what a dead writer or a replaced version left, and nothing has to be remembered
 * for that.
 */
import { script } from "./script.ts"

/** \`retire(manifest, base, graceMillis)\` gives the chunks of the committed version an expiry, and says whether there was one. */
const retireLua = `
local function retire(manifest, base, graceMillis)
  local version, chunks = unpack(redis.call('HMGET', manifest, 'version', 'chunks'))
  if not version then return false end
  for index = 0, tonumber(chunks) - 1 do
    redis.call('PEXPIRE', base .. version .. ':' .. index, graceMillis)
  end
  return true
end
`

/** Answers the plain length, the manifest, or nothing. A key of another type holds no object, and hides a manifest. */
export const findScript = script(`
if redis.call('EXISTS', KEYS[2]) == 1 then
  local length = redis.pcall('STRLEN', KEYS[2])
  return type(length) == 'number' and length or false
end
return redis.call('HGET', KEYS[1], 'manifest')
`)

/** Parameters: base, version, chunks, lease. Renews the expiry of chunks that are being written. */
export const extendScript = script(`
for index = 0, tonumber(ARGV[3]) - 1 do
  redis.call('PEXPIRE', ARGV[1] .. ARGV[2] .. ':' .. index, ARGV[4])
end
return 1
`)

/**
 * Parameters: base, version, chunks, manifest, grace, and `insert` where the key has to hold nothing else. Answers as
 * `ChunkStore.commit` does, and has changed nothing where that is not `committed`.
 */
export const commitScript = script(`${retireLua}
local current = redis.call('HGET', KEYS[1], 'version')
local isOccupied = redis.call('EXISTS', KEYS[2]) == 1 or (current and current ~= ARGV[2])
if ARGV[6] == 'insert' and isOccupied then return 'occupied' end
local prefix = ARGV[1] .. ARGV[2] .. ':'
for index = 0, tonumber(ARGV[3]) - 1 do
  if redis.call('EXISTS', prefix .. index) == 0 then return 'expired' end
end
if current ~= ARGV[2] then retire(KEYS[1], ARGV[1], ARGV[5]) end
for index = 0, tonumber(ARGV[3]) - 1 do redis.call('PERSIST', prefix .. index) end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'chunks', ARGV[3], 'manifest', ARGV[4])
redis.call('DEL', KEYS[2])
return 'committed'
`)

/** Parameters: base, version, chunks. Removes chunks, unless they were committed after all. */
export const discardScript = script(`
if redis.call('HGET', KEYS[1], 'version') == ARGV[2] then return 0 end
for index = 0, tonumber(ARGV[3]) - 1 do redis.call('UNLINK', ARGV[1] .. ARGV[2] .. ':' .. index) end
return 1
`)

/** Parameters: base, grace, condition, version. Answers 1 where something was removed. */
export const removeScript = script(`${retireLua}
local isPlain = redis.call('EXISTS', KEYS[2]) == 1
local condition, version = ARGV[3], ARGV[4]
if condition ~= 'Any' then
  local current = not isPlain and redis.call('HGET', KEYS[1], 'version')
  if condition == 'Only' and current ~= version then return 0 end
  if condition == 'Unless' and current == version then return 0 end
  if condition == 'Shadowed' and not isPlain then return 0 end
end
local removed = 0
if retire(KEYS[1], ARGV[1], ARGV[2]) then removed = redis.call('DEL', KEYS[1]) end
if isPlain and condition ~= 'Shadowed' then removed = redis.call('DEL', KEYS[2]) end
return removed
`)
