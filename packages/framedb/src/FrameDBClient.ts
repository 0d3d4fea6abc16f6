/**
 * FrameDB for plain TypeScript: the methods of the `FrameDB` service as Promises and async iterables.
 *
 * A call rejects with the same error classes that the effects fail with. It connects when it is first used; `close`, or
 * `await using`, ends every connection.
 */
import {
  type CacheStats,
  FrameDB,
  type FrameObject,
  type FrameValue,
  type GetValueOptions,
  InvalidArgument,
  type ListObjectsQuery,
  type ObjectInfo,
  type ObjectKey,
  ObjectReader,
  problemOfKey,
  type SetObjectInput,
  type SetValueOptions,
} from "@framedb/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as FrameDBLive from "./FrameDBLive.ts"
import * as FrameDBMemory from "./FrameDBMemory.ts"
import { type CallOptions, Runner, rejectionOf } from "./Runner.ts"

/** The services behind a client. */
export type ClientServices = FrameDB | ObjectReader

/** A layer that a client can stand on, such as one of the user's own composition. */
export type ClientLayer = Layer.Layer<ClientServices, unknown>

const isLayer = (source: FrameDBLive.FrameDBLiveOptions | ClientLayer): source is ClientLayer => Layer.isLayer(source)

const layerOf = (source: FrameDBLive.FrameDBLiveOptions | ClientLayer): ClientLayer => {
  if (isLayer(source)) return source
  const layer = FrameDBLive.checkedLayer(source)
  if (layer instanceof InvalidArgument) throw layer
  return layer
}

/** See the head of this file. */
export class FrameDBClient implements AsyncDisposable {
  readonly #runner: Runner<ClientServices, unknown>
  /** What is called without a fiber, once connected. */
  #reader: ObjectReader["Service"] | undefined

  /** Takes the options of `FrameDBLive.layer`, or a layer. Throws `InvalidArgument` for options that can't be used. */
  constructor(source: FrameDBLive.FrameDBLiveOptions | ClientLayer) {
    this.#runner = new Runner(layerOf(source))
  }

  /** A client whose data lives in this process and goes with it: for tests and examples. */
  static memory(options: FrameDBMemory.FrameDBMemoryOptions = {}): FrameDBClient {
    return new FrameDBClient(FrameDBMemory.layer(options))
  }

  /** A client with the options that the environment gives: see `FrameDBLive.layerConfig`. */
  static fromEnvironment(): FrameDBClient {
    return new FrameDBClient(FrameDBLive.layerConfig)
  }

  /** Stores bytes under a key on an instance. See `FrameDB.setObject`. */
  setObject(input: SetObjectInput, options?: CallOptions): Promise<ObjectInfo> {
    return this.#call((db) => db.setObject(input), options)
  }

  /** Reads an object whole. What the cache has is answered at once. See `FrameDB.getObject`. */
  getObject(key: string, options?: CallOptions): Promise<FrameObject> {
    const reader = this.#connectedReader()
    if (reader === undefined || options?.signal !== undefined) return this.#call((db) => db.getObject(key), options)
    const cached = reader.peek(key)
    if (cached !== undefined) return Promise.resolve(cached)
    if (problemOfKey(key) !== undefined) return this.#call((db) => db.getObject(key), options)
    return new Promise((resolve, reject) => {
      // Validated above.
      reader.start(key as ObjectKey, (exit) => {
        if (Exit.isSuccess(exit)) resolve(exit.value)
        else reject(rejectionOf(exit.cause, undefined))
      })
    })
  }

  /** Reads objects in the order of their keys; `undefined` where a key has none. See `FrameDB.getObjects`. */
  getObjects(keys: Iterable<string>, options?: CallOptions): Promise<ReadonlyArray<FrameObject | undefined>> {
    return this.#call((db) => Effect.map(db.getObjects(keys), (all) => all.map(Option.getOrUndefined)), options)
  }

  /** What the routing service knows of an object. See `FrameDB.statObject`. */
  statObject(key: string, options?: CallOptions): Promise<ObjectInfo> {
    return this.#call((db) => db.statObject(key), options)
  }

  /** Whether an object can be read. See `FrameDB.objectExists`. */
  objectExists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call((db) => db.objectExists(key), options)
  }

  /** Removes an object with its copies and says whether there was one. See `FrameDB.deleteObject`. */
  deleteObject(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call((db) => db.deleteObject(key), options)
  }

  /** Lists objects, each once, in no promised order. See `FrameDB.listObjects`. */
  listObjects(query?: ListObjectsQuery, options?: CallOptions): AsyncIterable<ObjectInfo> {
    return this.#iterate((db) => db.listObjects(query), options)
  }

  /** Turns a value into bytes, JSON unless told otherwise, and stores them. See `FrameDB.setValue`. */
  setValue<A>(
    key: string | undefined,
    value: A,
    { signal, ...options }: SetValueOptions<A> & CallOptions,
  ): Promise<ObjectInfo> {
    // The rest is what `SetValueOptions<A>` has; TypeScript does not see through the rest of a generic.
    return this.#call((db) => db.setValue(key, value, options as SetValueOptions<A>), { signal })
  }

  /** Reads a value back. Without a serializer of yours its type is your claim. See `FrameDB.getValue`. */
  getValue<A = unknown>(key: string, options: GetValueOptions<A> & CallOptions = {}): Promise<FrameValue<A>> {
    return this.#call((db) => db.getValue<A>(key, options), options)
  }

  /** What the cache has done so far. */
  cacheStats(): Promise<CacheStats> {
    return this.#call((db) => db.cacheStats)
  }

  /** Ends every connection. Calls under way are stopped; later ones reject. */
  close(): Promise<void> {
    return this.#runner.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #connectedReader(): ObjectReader["Service"] | undefined {
    const services = this.#runner.services
    if (services === undefined) return undefined
    this.#reader ??= Context.get(services, ObjectReader)
    return this.#reader
  }

  #call<A, E>(use: (db: FrameDB["Service"]) => Effect.Effect<A, E>, options?: CallOptions): Promise<A> {
    return this.#runner.run(Effect.flatMap(FrameDB, use), options?.signal)
  }

  #iterate<A, E>(use: (db: FrameDB["Service"]) => Stream.Stream<A, E>, options?: CallOptions): AsyncIterable<A> {
    return this.#runner.iterate(Stream.unwrap(Effect.map(FrameDB, use)), options?.signal)
  }
}
