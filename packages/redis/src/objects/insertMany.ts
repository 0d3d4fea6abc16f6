/**
 * Writes where a key holds nothing: no value of any type, and no object in chunks, which a value would hide.
 *
 * The look at both keys and the write are one script. Small values on one server go out as one for the whole batch; what is
 * larger, and what goes to a cluster, is a script each.
 */
import type { StoreEntry } from "@framedb/core"
import { Cluster } from "ioredis"
import type { ChunkKeys } from "../chunks/ChunkKeys.ts"
import { runScript, script } from "../chunks/script.ts"
import type { Driver } from "../driver.ts"
import { inOneWrite } from "./inOneWrite.ts"
import { maxScriptedBytes, partlyApplied } from "./scripted.ts"
import { lastOfEach, sendable, settleWrites } from "./writes.ts"

/** Keys: of each value its own and its manifest's. Answers 1 where the value is there now, by this write or before. */
const insertScript = script(`local there = {}
for i = 1, #ARGV do
  local plain, manifest = KEYS[2 * i - 1], KEYS[2 * i]
  if redis.call("exists", plain, manifest) == 0 then
    redis.call("set", plain, ARGV[i])
    there[i] = 1
  else
    there[i] = redis.pcall("get", plain) == ARGV[i] and 1 or 0
  end
end
return there`)

/** A value, and the keys that have to be free for it. */
interface Insert {
  readonly keys: ChunkKeys
  readonly data: Uint8Array
}

const insert = async (driver: Driver, inserts: ReadonlyArray<Insert>): Promise<ReadonlyArray<boolean>> => {
  const names = inserts.flatMap(({ keys }) => [keys.plain, keys.manifest])
  const values = inserts.map(({ data }) => sendable(data))
  const replies = await runScript(driver, insertScript, names, values)
  return Array.isArray(replies) ? replies.map((reply) => reply === 1) : []
}

const insertEach = async (driver: Driver, inserts: ReadonlyArray<Insert>): Promise<ReadonlyArray<boolean>> => {
  const replies = await inOneWrite(driver, () => settleWrites(inserts.map((one) => insert(driver, [one]))))
  return replies.flat()
}

const isTogether = (driver: Driver, inserts: ReadonlyArray<Insert>): boolean =>
  !(driver instanceof Cluster) && inserts.every(({ data }) => data.byteLength <= maxScriptedBytes)

/** Says for each entry whether its bytes are there now. */
export const insertMany = async (
  driver: Driver,
  entries: ReadonlyArray<StoreEntry>,
  keysOf: (key: StoreEntry["key"]) => ChunkKeys,
): Promise<ReadonlyArray<boolean>> => {
  const inserts = [...lastOfEach(entries)].map(([key, data]) => ({ keys: keysOf(key), data }))
  const there = isTogether(driver, inserts)
    ? await insert(driver, inserts).catch(partlyApplied)
    : await insertEach(driver, inserts)
  if (inserts.length === entries.length) return there
  const byKey = new Map(inserts.map(({ keys }, index) => [keys.plain, there[index] === true]))
  return entries.map(({ key }) => byKey.get(key) === true)
}
