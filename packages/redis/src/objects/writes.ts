/** What the writes of a batch have in common. */
import type { ObjectKey, StoreEntry } from "@framedb/core"
import { PartlyApplied } from "../classify.ts"

/** Bytes that the driver can send: it would write a plain `Uint8Array` as text. They share memory. */
export const sendable = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

/** The last entry of each key: where each is a command of its own, redirections may change their order. */
export const lastOfEach = (entries: ReadonlyArray<StoreEntry>): ReadonlyMap<ObjectKey, Uint8Array> => {
  const last = new Map<ObjectKey, Uint8Array>()
  for (const { key, data } of entries) last.set(key, data)
  return last
}

/** Waits for every write, so that a failure can say whether others were applied. */
export const settleWrites = async <A>(writes: ReadonlyArray<Promise<A>>): Promise<ReadonlyArray<A>> => {
  const settled = await Promise.allSettled(writes)
  const failed = settled.find((result) => result.status === "rejected")
  if (failed === undefined) return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))
  const applied = settled.some((result) => result.status === "fulfilled")
  throw applied ? new PartlyApplied(failed.reason) : failed.reason
}
