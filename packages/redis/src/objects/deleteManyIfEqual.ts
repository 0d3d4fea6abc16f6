/**
 * Removes values only while they are exactly what is given.
 *
 * Looking and removing are one script, so that nothing comes in between. Small values on one server go out as one for the
 * whole batch; what is larger, and what goes to a cluster, is a script each.
 */
import type { StoreEntry } from "@framedb/core"
import { Cluster } from "ioredis"
import { runScript, script } from "../chunks/script.ts"
import type { Driver } from "../driver.ts"
import { inOneWrite } from "./inOneWrite.ts"
import { maxScriptedBytes, partlyApplied } from "./scripted.ts"
import { sendable, settleWrites } from "./writes.ts"

/** A key of another type answers with an error table, which equals nothing. */
const deleteScript = script(`local deleted = {}
for i = 1, #KEYS do
  deleted[i] = redis.pcall("get", KEYS[i]) == ARGV[i] and redis.call("del", KEYS[i]) or 0
end
return deleted`)

const deleteTogether = async (driver: Driver, entries: ReadonlyArray<StoreEntry>): Promise<ReadonlyArray<boolean>> => {
  const keys = entries.map(({ key }) => key)
  const values = entries.map(({ data }) => sendable(data))
  const replies = await runScript(driver, deleteScript, keys, values)
  return Array.isArray(replies) ? replies.map((reply) => reply === 1) : []
}

const deleteEach = async (driver: Driver, entries: ReadonlyArray<StoreEntry>): Promise<ReadonlyArray<boolean>> => {
  const replies = await inOneWrite(driver, () => settleWrites(entries.map((entry) => deleteTogether(driver, [entry]))))
  return replies.flat()
}

const isTogether = (driver: Driver, entries: ReadonlyArray<StoreEntry>): boolean =>
  !(driver instanceof Cluster) && entries.every(({ data }) => data.byteLength <= maxScriptedBytes)

/** Says for each entry whether it was removed by this. */
export const deleteManyIfEqual = (
  driver: Driver,
  entries: ReadonlyArray<StoreEntry>,
): Promise<ReadonlyArray<boolean>> =>
  isTogether(driver, entries) ? deleteTogether(driver, entries).catch(partlyApplied) : deleteEach(driver, entries)
