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
  ObjectWriter,
  problemOfKey,
  type Resume,
  type SetObjectInput,
  type SetValueOptions,
  toSet,
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
export type ClientServices = FrameDB | ObjectReader | ObjectWriter

/** A layer that a client can stand on, such as one of the user's own composition. */
export type ClientLayer = Layer.Layer<ClientServices, unknown>

/** What is called without a fiber. */
interface Direct {
  readonly reader: ObjectReader["Service"]
  readonly writer: ObjectWriter["Service"]
}

const promised = <A, E>(start: (resume: Resume<A, E>) => unknown): Promise<A> =>
  new Promise((resolve, reject) => {
    start((exit) => (Exit.isSuccess(exit) ? resolve(exit.value) : reject(rejectionOf(exit.cause, undefined))))
  })

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
  #direct: Direct | undefined

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
    const direct = this.#connected(options)
    if (direct === undefined || input.type === "stream") return this.#call((db) => db.setObject(input), options)
    const object = toSet(input)
    if (object instanceof InvalidArgument) return Promise.reject(object)
    const { type } = input
    return promised((resume) => direct.writer.start({ ...object, type }, resume))
  }

  /** Reads an object whole. What the cache has is answered at once. See `FrameDB.getObject`. */
  getObject(key: string, options?: CallOptions): Promise<FrameObject> {
    const direct = this.#connected(options)
    if (direct === undefined || problemOfKey(key) !== undefined) return this.#call((db) => db.getObject(key), options)
    const cached = direct.reader.peek(key)
    if (cached !== undefined) return Promise.resolve(cached)
    // Validated above.
    return promised((resume) => direct.reader.start(key as ObjectKey, resume))
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

  /** What can be called without a fiber: once connected, and where no signal has to be heard. */
  #connected(options: CallOptions | undefined): Direct | undefined {
    const services = this.#runner.services
    if (services === undefined || options?.signal !== undefined) return undefined
    this.#direct ??= { reader: Context.get(services, ObjectReader), writer: Context.get(services, ObjectWriter) }
    return this.#direct
  }

  #call<A, E>(use: (db: FrameDB["Service"]) => Effect.Effect<A, E>, options?: CallOptions): Promise<A> {
    return this.#runner.run(Effect.flatMap(FrameDB, use), options?.signal)
  }

  #iterate<A, E>(use: (db: FrameDB["Service"]) => Stream.Stream<A, E>, options?: CallOptions): AsyncIterable<A> {
    return this.#runner.iterate(Stream.unwrap(Effect.map(FrameDB, use)), options?.signal)
  }
}
