/**
 * Writes where the key exists already, a batch at a time.
 *
 * Small values on one server go out as one script: a command each costs this process more than the rest of a write. What
 * is larger, what goes to a cluster, and what a user without the right to run scripts writes is a `SET … XX` each.
 */
import type { ObjectKey, StoreEntry } from "@framedb/core"
import { Cluster } from "ioredis"
import { runScript, script } from "../chunks/script.ts"
import { replyCode } from "../classify.ts"
import type { Driver } from "../driver.ts"
import { inOneWrite } from "./inOneWrite.ts"
import { maxScriptedBytes, partlyApplied } from "./scripted.ts"
import { lastOfEach, sendable, settleWrites } from "./writes.ts"

/** Which keys existed, as 0 and 1. */
const replaceScript = script(`local replaced = {}
for i = 1, #KEYS do
  replaced[i] = redis.call("set", KEYS[i], ARGV[i], "XX") and 1 or 0
end
return replaced`)

type Replaced = ReadonlyArray<boolean>
type Writes = ReadonlyMap<ObjectKey, Uint8Array>

const replaceEach = async (driver: Driver, writes: Writes): Promise<Replaced> => {
  const replies = await inOneWrite(driver, () =>
    settleWrites([...writes].map(([key, data]) => driver.set(key, sendable(data), "XX"))),
  )
  return replies.map((reply) => reply === "OK")
}

const replaceByScript = async (driver: Driver, writes: Writes): Promise<Replaced> => {
  try {
    const replies = await runScript(driver, replaceScript, [...writes.keys()], [...writes.values()].map(sendable))
    return Array.isArray(replies) ? replies.map((reply) => reply === 1) : []
  } catch (thrown) {
    return replyCode(thrown) === "NOPERM" ? replaceEach(driver, writes) : partlyApplied(thrown)
  }
}

const isScripted = (driver: Driver, writes: Writes): boolean => {
  if (driver instanceof Cluster || writes.size === 1) return false
  for (const data of writes.values()) if (data.byteLength > maxScriptedBytes) return false
  return true
}

/** Says for each entry whether its key was there. */
export const replaceMany = async (driver: Driver, entries: ReadonlyArray<StoreEntry>): Promise<Replaced> => {
  const writes = lastOfEach(entries)
  const replaced = await (isScripted(driver, writes) ? replaceByScript : replaceEach)(driver, writes)
  if (writes.size === entries.length) return replaced
  const byKey = new Map([...writes.keys()].map((key, index) => [key, replaced[index] === true]))
  return entries.map(({ key }) => byKey.get(key) === true)
}
