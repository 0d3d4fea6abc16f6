/** The methods of the Promise client that deal with objects. */
import {
  type CacheStats,
  type FrameDBStats,
  type FrameObject,
  type FrameValue,
  type GetValueOptions,
  type ListObjectsQuery,
  type ObjectInfo,
  type ObjectKey,
  ObjectNotFound,
  problemOfInput,
  problemOfKey,
  QueueOperations,
  type SetObjectInput,
  type SetValueOptions,
  SmallCopies,
  takeOver,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { ClientConnection, promised } from "./ClientConnection.ts"
import { rejected } from "./callerTrace.ts"
import { type CallOptions, rejectionOf } from "./Runner.ts"

/** The methods of `FrameDBClient` that set, get, list and remove objects. */
export abstract class ObjectMethods extends ClientConnection {
  readonly #copies = new SmallCopies()

  /**
   * Stores bytes under a key on an instance, in place of what was there on whichever instance. They are stored and registered
   * when this resolves. Without a key it makes one; with the type `stream` it publishes to the queue named by the key.
   */
  setObject(input: SetObjectInput, options?: CallOptions): Promise<ObjectInfo> {
    const direct = this.direct(options)
    if (direct === undefined) return this.call((db) => db.setObject(input), options)
    const problem = problemOfInput(input)
    if (problem !== undefined) return rejected(problem)
    const { type } = input
    if (type === "stream") return this.call((db) => db.setObject(input), options)
    const object = { ...takeOver(input, this.#copies), type }
    return promised((resume) => direct.writer.start(object, resume))
  }

  /**
   * Reads an object whole; what the cache has is answered at once. Where no object has the key but a queue does, takes the
   * oldest message of that. Rejects with `ObjectNotFound` where neither does.
   */
  getObject(key: string, options?: CallOptions): Promise<FrameObject> {
    const direct = this.direct(options)
    if (direct === undefined || problemOfKey(key) !== undefined) return this.call((db) => db.getObject(key), options)
    const cached = direct.reader.peek(key)
    if (cached !== undefined) return Promise.resolve(cached)
    const valid = key as ObjectKey // In the line before last.
    return new Promise((resolve) => {
      direct.reader.start(valid, (exit) =>
        resolve(Exit.isSuccess(exit) ? exit.value : this.#fromQueue(valid, rejectionOf(exit.cause, undefined))),
      )
    })
  }

  /** Where no object has the key, a queue may. */
  #fromQueue(key: ObjectKey, error: unknown): Promise<FrameObject> {
    if (!(error instanceof ObjectNotFound)) return rejected(error)
    return this.runner.run(Effect.flatMap(QueueOperations, (queues) => queues.takeObject(key, Effect.succeed)))
  }

  /** Reads objects in the order of their keys; `undefined` where a key has none. See `FrameDB.getObjects`. */
  getObjects(keys: Iterable<string>, options?: CallOptions): Promise<ReadonlyArray<FrameObject | undefined>> {
    return this.call((db) => Effect.map(db.getObjects(keys), (all) => all.map(Option.getOrUndefined)), options)
  }

  /** What the routing service knows of an object, without reading it. Rejects with `ObjectNotFound` where it knows none. */
  statObject(key: string, options?: CallOptions): Promise<ObjectInfo> {
    return this.call((db) => db.statObject(key), options)
  }

  /** Whether a key has a route and one of the instances that it names has the bytes. */
  objectExists(key: string, options?: CallOptions): Promise<boolean> {
    return this.call((db) => db.objectExists(key), options)
  }

  /** Removes an object with its copies and says whether there was one. Queues are not removed. See `FrameDB.deleteObject`. */
  deleteObject(key: string, options?: CallOptions): Promise<boolean> {
    return this.call((db) => db.deleteObject(key), options)
  }

  /** Lists objects, each once, in no promised order. See `FrameDB.listObjects`. */
  listObjects(query?: ListObjectsQuery, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    return this.iterateWith(options, (db) => db.listObjects(query))
  }

  /** Turns a value into bytes, JSON unless told otherwise, and stores them. See `FrameDB.setValue`. */
  setValue<A>(key: string | undefined, value: A, options: SetValueOptions<A> & CallOptions): Promise<ObjectInfo> {
    return this.callWith<SetValueOptions<A>, ObjectInfo, unknown>(options, (db, how) => db.setValue(key, value, how))
  }

  /** Reads a value back. Without a serializer of yours its type is your claim. See `FrameDB.getValue`. */
  getValue<A = unknown>(key: string, options: GetValueOptions<A> & CallOptions = {}): Promise<FrameValue<A>> {
    return this.callWith<GetValueOptions<A>, FrameValue<A>, unknown>(options, (db, how) => db.getValue<A>(key, how))
  }

  /** What the cache has done so far. */
  cacheStats(): Promise<CacheStats> {
    return this.call((db) => db.cacheStats)
  }

  /** What this client has done so far: its cache, batches, round trips, HTTP calls, open instances and routes. */
  stats(): Promise<FrameDBStats> {
    return this.call((db) => db.stats)
  }
}
