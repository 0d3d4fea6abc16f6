/**
 * Objects as plain string values: `SET key bytes`, `GET key`.
 *
 * What a server of any version from 6.2 on, alone or in a cluster, answers is the same:
 *
 * - A key that holds something else than a string (a queue) holds no object: reads say `None`, as MGET does. Writing
 *   replaces it, as SET does.
 * - On one server a batch of writes is one MSET: all of it or nothing. In a cluster the keys of a batch live in many
 *   slots, which no command may span, so each key is a command of its own, all of them sent at once.
 */
import {
  type BackendError,
  type ObjectKey,
  type ObjectStore,
  ReplyBytes,
  type StoredForm,
  type StoredValues,
  type StoreEntry,
  type StoreLimits,
  statedSize,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { Cluster } from "ioredis"
import { type ChunkKeys, makeChunkKeys, reservedKeyPrefix } from "../chunks/ChunkKeys.ts"
import { findScript, removeScript } from "../chunks/chunkScripts.ts"
import { storedForm } from "../chunks/RedisChunks.ts"
import { runScript } from "../chunks/script.ts"
import { replyCode } from "../classify.ts"
import type { Driver } from "../driver.ts"
import type { Operation } from "../failure.ts"
import type { Question, RedisClient } from "../RedisClient.ts"
import { deleteManyIfEqual } from "./deleteManyIfEqual.ts"
import { inOneWrite } from "./inOneWrite.ts"
import { insertMany } from "./insertMany.ts"
import { replaceMany } from "./replaceMany.ts"
import { lastOfEach, sendable, settleWrites } from "./writes.ts"

/**
 * What Redis can hold and likes best.
 *
 * A value may have 512 MiB, but the server answers everyone in turn: above 16 MiB one object would hold up the others
 * for tens of milliseconds. Of 1 KiB objects, batches of 64 with four in flight read several times as many a second as
 * single GETs. Where a thousand callers wait, 256 take a third less of this process's time than 64, and hold up others for
 * a fifth of a millisecond; more gain nothing.
 */
export const redisLimits: StoreLimits = {
  inlineBytes: 16 * 1024 * 1024,
  keyCharacters: undefined,
  reservedPrefix: reservedKeyPrefix,
  batchKeys: 256,
  batchBytes: 1024 * 1024,
  batchesInFlight: 4,
}

const reading: Operation = { name: "getMany", isWrite: false }
const writing: Operation = { name: "setMany", isWrite: true }
const replacing: Operation = { name: "replaceMany", isWrite: true }
const inserting: Operation = { name: "insertMany", isWrite: true }
const measuring: Operation = { name: "sizeMany", isWrite: false }
const deleting: Operation = { name: "deleteMany", isWrite: true }
const undoing: Operation = { name: "deleteManyIfEqual", isWrite: true }

/** Replies as the caller's own bytes. */
const makeFound = () => {
  const replies = new ReplyBytes()
  return (reply: Buffer | null) => (reply === null ? Option.none() : Option.some(replies.of(reply)))
}

type ToFound = ReturnType<typeof makeFound>

const absent: StoredValues = [Option.none()]

/** What reading a key that holds no string answers; every other refusal is a failure. */
const wrongType = (thrown: unknown) => (replyCode(thrown) === "WRONGTYPE" ? absent : undefined)

const getOne = (key: ObjectKey, found: ToFound): Question<Buffer | null, StoredValues> => ({
  send: (driver) => driver.getBuffer(key),
  read: (reply) => [found(reply)],
  refused: wrongType,
})

const getAll = (driver: Driver, keys: ReadonlyArray<ObjectKey>): Promise<ReadonlyArray<Buffer | null>> => {
  if (!(driver instanceof Cluster)) return driver.mgetBuffer([...keys])
  return inOneWrite(driver, () => Promise.all(keys.map((key) => driver.getBuffer(key).catch(unlessWrongType(null)))))
}

const getSeveral = (
  keys: ReadonlyArray<ObjectKey>,
  found: ToFound,
): Question<ReadonlyArray<Buffer | null>, StoredValues> => ({
  send: (driver) => getAll(driver, keys),
  read: (replies) => replies.map(found),
})

/** Turns the refusal of a key that holds no string into an answer, and fails with everything else. */
const unlessWrongType =
  <A>(answer: A) =>
  (thrown: unknown): A => {
    if (replyCode(thrown) === "WRONGTYPE") return answer
    throw thrown
  }

const setAll = (driver: Driver, entries: ReadonlyArray<StoreEntry>): Promise<unknown> => {
  const [first] = entries
  if (entries.length === 1 && first !== undefined) return driver.set(first.key, sendable(first.data))
  if (!(driver instanceof Cluster)) return driver.mset(entries.flatMap(({ key, data }) => [key, sendable(data)]))
  const writes = [...lastOfEach(entries)]
  return inOneWrite(driver, () => settleWrites(writes.map(([key, data]) => driver.set(key, sendable(data)))))
}

type KeysOf = (key: ObjectKey) => ChunkKeys

/** Removes values and objects in chunks, whose chunks are kept for those who read them. */
const deleteAll = async (driver: Driver, keys: ReadonlyArray<ObjectKey>, keysOf: KeysOf, graceMillis: number) => {
  const each = [...new Set(keys)]
  const removeOne = ({ manifest, plain, chunks }: ChunkKeys) =>
    runScript(driver, removeScript, [manifest, plain], [chunks, graceMillis, "Any", ""])
  const counts = await inOneWrite(driver, () => settleWrites(each.map((key) => removeOne(keysOf(key)))))
  const deleted = new Map(each.map((key, index) => [key, counts[index] === 1]))
  return keys.map((key) => deleted.get(key) === true)
}

/**
 * STRLEN says 0 of an absent key, too, and refuses a key that holds a queue, which is how a write learns of it before it
 * would take the queue's place. A script looks closely, also for a manifest. Who asks has mostly something new to write, so
 * both are sent at once; where STRLEN tells enough, a user who may run no scripts needs none.
 */
const sizeAll = async (driver: Driver, keys: ReadonlyArray<ObjectKey>, keysOf: KeysOf) => {
  const look = ({ manifest, plain }: ChunkKeys) => runScript(driver, findScript, [manifest, plain])
  const [lengths, found] = await inOneWrite(driver, () =>
    Promise.all([
      Promise.all(keys.map((key) => driver.strlen(key))),
      Promise.allSettled(keys.map((key) => look(keysOf(key)))),
    ]),
  )
  return keys.map((_, index) => {
    const length = lengths[index] ?? 0
    if (length > 0) return Option.some(length)
    const looked = found[index]
    if (looked?.status !== "fulfilled") throw looked?.reason
    return Option.map(storedForm(looked.value), sizeOf)
  })
}

const sizeOf = (form: StoredForm): number => (form._tag === "Plain" ? form.sizeBytes : statedSize(form.manifest))

const nothing = Effect.succeed([])

/** Makes the object store of an open connection. */
export const makeObjects = ({ start, run, settings }: RedisClient): ObjectStore => {
  const keysOf = makeChunkKeys()
  const found = makeFound()
  const { chunkGraceMillis } = settings
  const startGetMany = (
    keys: ReadonlyArray<ObjectKey>,
    resume: (exit: Exit.Exit<StoredValues, BackendError>) => void,
  ): (() => void) => {
    const [first] = keys
    if (first === undefined || keys.length > 1) return start(reading, getSeveral(keys, found), resume)
    return start(reading, getOne(first, found), resume)
  }
  return {
    limits: redisLimits,
    getMany: (keys) =>
      keys.length === 0 ? nothing : Effect.callback((resume) => Effect.sync(startGetMany(keys, resume))),
    startGetMany,
    setMany: (entries) =>
      entries.length === 0 ? Effect.void : Effect.asVoid(run(writing, (driver) => setAll(driver, entries))),
    replaceMany: (entries) =>
      entries.length === 0 ? nothing : run(replacing, (driver) => replaceMany(driver, entries)),
    insertMany: (entries) =>
      entries.length === 0 ? nothing : run(inserting, (driver) => insertMany(driver, entries, keysOf)),
    sizeMany: (keys) => (keys.length === 0 ? nothing : run(measuring, (driver) => sizeAll(driver, keys, keysOf))),
    deleteMany: (keys) =>
      keys.length === 0 ? nothing : run(deleting, (driver) => deleteAll(driver, keys, keysOf, chunkGraceMillis)),
    deleteManyIfEqual: (entries) =>
      entries.length === 0 ? nothing : run(undoing, (driver) => deleteManyIfEqual(driver, entries)),
  }
}
