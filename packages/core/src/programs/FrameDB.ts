/** The service that applications use: every operation, over whatever backends the ports are given. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { ContentDescription, FrameObject, ObjectInfo } from "../domain/FrameObject.ts"
import { problemOfNameList } from "../domain/NameList.ts"
import type { ObjectKey } from "../domain/ObjectKey.ts"
import { SmallCopies } from "../domain/SmallCopies.ts"
import type { BackendError } from "../errors/BackendError.ts"
import { InvalidArgument } from "../errors/InvalidArgument.ts"
import type { ObjectNotFound } from "../errors/ObjectNotFound.ts"
import type { SerializationError } from "../errors/SerializationError.ts"
import type { CacheStats, ObjectCache } from "../ports/ObjectCache.ts"
import type { ObjectRouting } from "../ports/ObjectRouting.ts"
import { type BackupCalls, BackupOperations } from "./backups/BackupOperations.ts"
import { type CopyCalls, CopyOperations } from "./copies/CopyOperations.ts"
import type { FrameDBOptions } from "./FrameDBOptions.ts"
import type { ConnectError, Connections } from "./instances/Connections.ts"
import { type CollectGarbageOptions, type GarbageReport, makeCollectGarbage } from "./large/collectGarbage.ts"
import { type ListObjectsQuery, makeList } from "./objects/listObjects.ts"
import { ObjectReader, type ReadError } from "./objects/ObjectReader.ts"
import { makeRemove } from "./objects/ObjectRemover.ts"
import { ObjectWriter, type WriteError } from "./objects/ObjectWriter.ts"
import type { WritesUnderWay } from "./objects/Overlaps.ts"
import { makeReadObject, type OpenObject, type ReadObjectError, type ReadObjectOptions } from "./objects/ReadObject.ts"
import { type ReadManyError, readMany } from "./objects/readMany.ts"
import { problemOfInput, problemOfKeyArgument, type SetObjectInput, takeOver } from "./objects/SetObject.ts"
import { makeStat } from "./objects/statObject.ts"
import { type FrameValue, type GetValueOptions, makeValues, type SetValueOptions } from "./objects/values.ts"
import { toPlacement, type WriteObjectTarget } from "./objects/WriteObject.ts"
import { QueueOperations } from "./queues/QueueOperations.ts"
import type { Queues } from "./queues/Queues.ts"
import type { Routes } from "./routes/Routes.ts"
import { type FrameDBStats, Stats } from "./stats/Stats.ts"

/** What `setObject` can fail with. */
export type SetObjectError = WriteError
/** What `getObject` can fail with. */
export type GetObjectError = ReadError

/** The operations of queues; see `Queues` for what each promises. */
export type QueueCalls = Pick<
  Queues,
  "publish" | "listenForStreamData" | "pullAllStreamData" | "tail" | "queueInfo" | "redrive"
>

/**
 * Objects by their keys, wherever they are, and queues by their names.
 *
 * Every call validates its arguments first and fails with `InvalidArgument` before anything is sent, and ends within the
 * deadlines of the backends.
 */
export class FrameDB extends Context.Service<
  FrameDB,
  QueueCalls &
    BackupCalls &
    CopyCalls & {
      /**
       * Stores bytes under a key on an instance, in place of what was there on whichever instance, and gives what is
       * known of the object then. It is stored and registered when this succeeds. With the type `stream` it publishes a
       * message to the queue named by the key.
       */
      readonly setObject: (input: SetObjectInput) => Effect.Effect<ObjectInfo, SetObjectError>
      /**
       * Reads an object whole. Metadata is at most `routeCacheMillis` old when another process changed it. Where no object
       * has the key but a queue does, takes the oldest message of that.
       */
      readonly getObject: (key: string) => Effect.Effect<FrameObject, GetObjectError>
      /** Reads objects in the order of their keys, in as few round trips as there are batches; `None` where a key has no object. */
      readonly getObjects: (
        keys: Iterable<string>,
      ) => Effect.Effect<ReadonlyArray<Option.Option<FrameObject>>, ReadManyError>
      /** Asks the routing service what it knows of an object. */
      readonly statObject: (key: string) => Effect.Effect<ObjectInfo, BackendError | InvalidArgument | ObjectNotFound>
      /** Whether a key has a route and one of the instances it names has the bytes. */
      readonly objectExists: (key: string) => Effect.Effect<boolean, ConnectError>
      /**
       * Removes an object with its copies and says whether there was one. Where it moves at this very moment, its bytes in the
       * new place go, too, as long as the routing service tells which route it has removed, as ours does; on one that does not
       * they may stay there, under no route.
       */
      readonly deleteObject: (key: string) => Effect.Effect<boolean, ConnectError>
      /** Lists objects, each once, in no promised order. */
      readonly listObjects: (query?: ListObjectsQuery) => Stream.Stream<ObjectInfo, BackendError | InvalidArgument>
      /** Turns a value into bytes, JSON unless told otherwise, and stores them. The serializer's name is recorded. */
      readonly setValue: <A>(
        key: string | undefined,
        value: A,
        options: SetValueOptions<A>,
      ) => Effect.Effect<ObjectInfo, SetObjectError | SerializationError>
      /** Reads a value back, with the recorded serializer or the one given. */
      readonly getValue: <A = unknown>(
        key: string,
        options?: GetValueOptions<A>,
      ) => Effect.Effect<FrameValue<A>, GetObjectError | SerializationError>
      /**
       * Stores a stream of bytes of unknown length under a key; a missing key is made up. Up to the instance's inline limit
       * (Redis 16 MiB, SQL 4 MiB) it becomes a value that every client reads, above it chunks that appear all at once when
       * the last byte is stored. Holds at most that limit, six chunks of 1 MiB, and what the stream gives at once: `toByteStream`
       * makes one of a generator, or of a Node stream, that gives one piece at a time. Where the stream fails, what was there stays.
       */
      readonly writeObject: <E = never>(
        key: string | undefined,
        body: Stream.Stream<Uint8Array, E>,
        target: WriteObjectTarget,
      ) => Effect.Effect<ObjectInfo, E | SetObjectError>
      /** Opens an object of any size to be streamed, whole or in part, holding at most six chunks of 1 MiB in memory. */
      readonly readObject: (key: string, options?: ReadObjectOptions) => Effect.Effect<OpenObject, ReadObjectError>
      /** Removes what writers that died, and large objects that were replaced, have left on an instance and is due. */
      readonly collectGarbage: (options: CollectGarbageOptions) => Effect.Effect<GarbageReport, ConnectError>
      /** What the cache has done so far. */
      readonly cacheStats: Effect.Effect<CacheStats>
      /** What this client has done so far: its cache, batches, round trips, HTTP calls, open instances and routes. */
      readonly stats: Effect.Effect<FrameDBStats>
    }
>()("@framedb/core/FrameDB") {}

const checked = <A, E>(
  key: string,
  run: (key: ObjectKey) => Effect.Effect<A, E>,
): Effect.Effect<A, E | InvalidArgument> => {
  const problem = problemOfKeyArgument(key)
  return problem === undefined ? run(key as ObjectKey) : Effect.fail(problem) // Validated in the line above.
}

/** Builds the service over the programs. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const reader = yield* ObjectReader
  const writer = yield* ObjectWriter
  const stats = yield* Stats
  const queues = yield* QueueOperations
  const backups = yield* BackupOperations
  const copyOperations = yield* CopyOperations
  const copies = new SmallCopies()
  const remove = yield* makeRemove(options)
  const stat = yield* makeStat(options)
  const listObjects = yield* makeList
  const readObject = yield* makeReadObject(options)
  const collectGarbage = yield* makeCollectGarbage(options)

  const setObject = (input: SetObjectInput, content?: ContentDescription): Effect.Effect<ObjectInfo, SetObjectError> =>
    Effect.suspend(() => {
      const problem = problemOfInput(input)
      if (problem !== undefined) return Effect.fail(problem)
      const { type } = input
      // Publishing takes the bytes over itself.
      if (type === "stream") return queues.publishObject(input, content)
      return writer.write({ ...takeOver(input, copies, content), type })
    })

  const writeObject = <E>(key: string | undefined, body: Stream.Stream<Uint8Array, E>, target: WriteObjectTarget) =>
    Effect.suspend((): Effect.Effect<ObjectInfo, E | SetObjectError> => {
      const placement = toPlacement(key, target)
      return placement instanceof InvalidArgument ? Effect.fail(placement) : writer.writeStream(placement, body)
    })

  /** Reads an object, or takes a message once `use` has succeeded with it. */
  const readAnd = <A, E>(
    key: string,
    use: (object: FrameObject) => Effect.Effect<A, E>,
  ): Effect.Effect<A, GetObjectError | E> =>
    checked(key, (valid) =>
      Effect.matchEffect(reader.read(valid), {
        onSuccess: use,
        onFailure: (error): Effect.Effect<A, GetObjectError | E> =>
          error._tag === "ObjectNotFound" ? queues.takeObject(valid, use) : Effect.fail(error),
      }),
    )

  const getObject = (key: string): Effect.Effect<FrameObject, GetObjectError> => readAnd(key, Effect.succeed)

  const getObjects = Effect.fn("FrameDB.getObjects")(function* (keys: Iterable<string>) {
    const problem = problemOfNameList(keys)
    if (problem !== undefined) return yield* new InvalidArgument({ argument: "keys", message: `keys ${problem}` })
    const list = yield* Effect.forEach(keys, (key) => checked(key, Effect.succeed))
    return yield* readMany(reader, list)
  })

  return FrameDB.of({
    setObject: (input) => setObject(input),
    getObject,
    getObjects,
    statObject: (key) => checked(key, stat.info),
    objectExists: (key) => checked(key, stat.exists),
    deleteObject: (key) => checked(key, remove),
    listObjects,
    ...makeValues({ setObject, readAnd }),
    writeObject,
    readObject: (key, how) => checked(key, (valid) => readObject(valid, how)),
    collectGarbage,
    cacheStats: Effect.sync(stats.cache),
    stats: Effect.sync(stats.snapshot),
    publish: queues.publish,
    listenForStreamData: queues.listenForStreamData,
    pullAllStreamData: queues.pullAllStreamData,
    tail: queues.tail,
    queueInfo: queues.queueInfo,
    redrive: queues.redrive,
    ...backups,
    ...copyOperations,
  })
})

/** Provides the service. */
export const layer = (
  options: FrameDBOptions,
): Layer.Layer<
  FrameDB,
  never,
  | ObjectReader
  | ObjectWriter
  | QueueOperations
  | BackupOperations
  | CopyOperations
  | ObjectCache
  | Stats
  | Routes
  | Connections
  | ObjectRouting
  | WritesUnderWay
> => Layer.effect(FrameDB, make(options))
